import type { Server } from '@cronium/contracts';

import {
  credentialsOf,
  newServerForm,
  serverFormSchema,
  toCreateServer,
  toServerForm,
  toUpdateServer,
  toUpdateSsh,
  type ServerForm,
} from './server-form';

const id = '019abe00-0000-7000-8000-000000000042';
const valid: ServerForm = {
  ...newServerForm(),
  name: 'web-01',
  host: 'web-01.example.com',
  username: 'deploy',
  keyId: id,
};
const paths = (form: ServerForm) =>
  (serverFormSchema.safeParse(form).error?.issues ?? []).map((issue) => issue.path.join('.'));

describe('the form of an ssh server', () => {
  it('accepts what the API accepts', () => {
    expect(paths(valid)).toEqual([]);
    expect(toCreateServer(valid, undefined)).toMatchObject({
      type: 'ssh',
      port: 22,
      jumpServerId: null,
      credentials: { kind: 'generated_key', keyId: id },
    });
  });

  it.each<[Partial<ServerForm>, string]>([
    [{ name: '' }, 'name'],
    [{ host: 'user@host' }, 'host'],
    [{ port: null }, 'port'],
    [{ port: 70_000 }, 'port'],
    [{ username: 'a b' }, 'username'],
    [{ keyId: '' }, 'signInWith'],
    [{ signInWith: 'private_key' }, 'privateKey'],
    [{ signInWith: 'password' }, 'password'],
    [{ graceSeconds: 1 }, 'graceSeconds'],
    [{ waitMinutes: 0 }, 'waitMinutes'],
    [{ waitMinutes: 1441 }, 'waitMinutes'],
    [{ waitMinutes: null }, 'waitMinutes'],
    [{ maxQueuedJobs: null }, 'maxQueuedJobs'],
    [{ maxQueuedJobs: 0 }, 'maxQueuedJobs'],
    [{ resourceLimits: { ...valid.resourceLimits, memoryMb: 1 } }, 'resourceLimits.memoryMb'],
  ])('says of %j at a field of its own what is wrong', (change, path) => {
    const form = { ...valid, ...change };
    expect(paths(form)).toContain(path);
    // The form would fail on an error at a field that it does not have.
    for (const wrong of paths(form)) expect(Object.keys(form)).toContain(wrong.split('.')[0]);
  });

  it('lets jobs wait for a host that is away, unless it is told otherwise', () => {
    expect(toCreateServer(valid, undefined)).toMatchObject({ whenUnhealthy: 'wait', waitMinutes: 10 });
    const failing: ServerForm = { ...valid, whenUnhealthy: 'fail', waitMinutes: null };
    expect(paths(failing)).toEqual([]);
    expect(toUpdateServer(failing)).toMatchObject({ whenUnhealthy: 'fail', waitMinutes: undefined });
  });

  it('keeps stored credentials unless others are given', () => {
    const server = {
      ...{ name: 'web-01', description: '', tags: [], maxConcurrentJobs: 8, limits: { cpu: 1 } },
      connection: { host: 'h', port: 22, username: 'u', jumpServer: null, graceSeconds: 600 },
    } as unknown as Server;
    const form = toServerForm(server);
    expect(credentialsOf(form)).toBeUndefined();
    expect(toUpdateSsh(form)).not.toHaveProperty('credentials');
    expect(toUpdateSsh({ ...form, signInWith: 'password', password: 's' })).toMatchObject({
      credentials: { kind: 'password', password: 's' },
    });
  });
});
