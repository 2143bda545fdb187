import { refusals } from './refusals-fixture';
import { createServerSchema } from './server-connection';
import { putServerSharesSchema } from './server-share';

const server = {
  name: 'web-01',
  type: 'ssh',
  host: 'web-01.example.com',
  username: 'deploy',
  credentials: { kind: 'password', password: 'secret' },
};

describe('createServerSchema', () => {
  it('needs an address, a user and credentials', () => {
    expect(createServerSchema.parse(server)).toMatchObject({ port: 22, jumpServerId: null, tags: [] });
  });

  it.each([
    [{ host: 'web 01' }, 'host'],
    [{ host: '-oProxyCommand=id' }, 'host'],
    [{ port: 0 }, 'port'],
    [{ port: 65_536 }, 'port'],
    [{ username: 'dep loy' }, 'username'],
    [{ type: 'sandbox' }, 'type'],
    [{ credentials: { kind: 'password', password: '' } }, 'credentials.password'],
    [{ credentials: { kind: 'agent' } }, 'credentials.kind'],
  ])('refuses %j, and names the field', (change, path) => {
    expect(refusals(createServerSchema, { ...server, ...change }).map((one) => one.path)).toEqual([path]);
  });
});

describe('putServerSharesSchema', () => {
  it.each([
    [{ level: 'use' }],
    [{ level: 'use', email: 'ada@example.com', userId: '01981f5e-0000-7000-8000-000000000001' }],
  ])('refuses %j: a user is named by one of the two', (share) => {
    expect(refusals(putServerSharesSchema, { items: [share] })).toEqual([
      { path: 'items.0', message: 'Name the user by `userId` or by `email`, one of the two.' },
    ]);
  });
});
