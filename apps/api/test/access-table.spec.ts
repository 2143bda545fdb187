import {
  type Event,
  type Execution,
  type LocalExecutionAccess,
  serverPageSchema,
  type Session,
  type ShareLevel,
  type UserRole,
} from '@cronium/contracts';
import { FakeExecutor } from '@cronium/execution';

import { localExecutionId } from '../src/servers/local-execution';
import { insertServer } from './insert-server';
import { startTestApp, type TestApp } from './test-app';

/** `start`: a job that was queued while its owner had access, and is to start now. */
const operations = ['list', 'read', 'change', 'share', 'save', 'run', 'start'] as const;
type Operation = (typeof operations)[number];
type Owner = 'nobody' | 'caller' | 'other';

const may = (...allowed: Operation[]) => allowed;
const everything = operations;
const uses = may('list', 'read', 'save', 'run', 'start');

/** The caller's role, who the server belongs to (Local Execution to nobody), the caller's share of it, the setting, and what the caller may. */
const table: [UserRole, Owner, ShareLevel | null, LocalExecutionAccess, readonly Operation[]][] = [
  ['ADMIN', 'nobody', null, 'all_users', may('list', 'read', 'change', 'save', 'run', 'start')],
  ['ADMIN', 'nobody', null, 'admin_only', may('list', 'read', 'change', 'save', 'run', 'start')],
  ['ADMIN', 'nobody', null, 'disabled', may('read', 'change')],
  ['ADMIN', 'caller', null, 'disabled', everything],
  ['ADMIN', 'other', null, 'all_users', may('read', 'change', 'share')],
  ['ADMIN', 'other', 'use', 'disabled', everything],
  ['USER', 'nobody', null, 'all_users', uses],
  ['USER', 'nobody', null, 'admin_only', may()],
  ['USER', 'nobody', null, 'disabled', may()],
  ['USER', 'caller', null, 'disabled', everything],
  ['USER', 'other', null, 'all_users', may()],
  ['USER', 'other', 'use', 'admin_only', uses],
  ['USER', 'other', 'manage', 'disabled', everything],
  ['VIEWER', 'nobody', null, 'all_users', may('list', 'read')],
  ['VIEWER', 'nobody', null, 'admin_only', may()],
  ['VIEWER', 'caller', null, 'all_users', may('list', 'read')],
  ['VIEWER', 'other', null, 'all_users', may()],
  ['VIEWER', 'other', 'use', 'all_users', may('list', 'read')],
  ['VIEWER', 'other', 'manage', 'all_users', may('list', 'read')],
];

describe('role × ownership × share × setting × operation', () => {
  let app: TestApp;
  let admin: Session;
  let other: Session;
  let count = 0;

  beforeAll(async () => {
    app = await startTestApp(() => new FakeExecutor());
    admin = await app.signIn('ADMIN');
    other = await app.signIn('USER', 'other@example.com');
    await app.as(admin, 'patch', '/settings').send({ local_execution_max_concurrent_jobs: 1 }).expect(200);
  });
  afterAll(() => app.close());

  const setAccess = (local_execution_access: LocalExecutionAccess) =>
    app.as(admin, 'patch', '/settings').send({ local_execution_access }).expect(200);
  const start = async (as: Session, serverId: string, content: string): Promise<Execution> => {
    const body = { name: 'Job', type: 'BASH', content, serverIds: [serverId] };
    const event = (await app.as(as, 'post', '/events').send(body).expect(201)).body as Event;
    return (await app.as(as, 'post', `/events/${event.id}/run`).send({}).expect(202)).body as Execution;
  };
  const until = async (id: string, isThere: (execution: Execution) => boolean): Promise<Execution> => {
    const execution = (await app.as(admin, 'get', `/executions/${id}`).expect(200)).body as Execution;
    return isThere(execution) ? execution : until(id, isThere);
  };

  it.each(table)(
    '%s, server of %s, share %s, setting %s: may %j',
    async (role, ownership, share, access, allowed) => {
      // With access to everything the caller makes an event and queues a job, behind another that runs.
      count += 1;
      const caller = await app.signIn(role === 'VIEWER' ? 'USER' : role, `caller${count}@example.com`);
      await setAccess('all_users');
      const owner = ownership === 'caller' ? caller : other;
      const serverId =
        ownership === 'nobody'
          ? localExecutionId
          : await insertServer(app, owner.user.id, { maxConcurrentJobs: 1 });
      const itemsOf = (level: ShareLevel | null) => (level ? [{ userId: caller.user.id, level }] : []);
      const shareAs = (level: ShareLevel | null) =>
        ownership === 'other'
          ? app
              .as(owner, 'put', `/servers/${serverId}/shares`)
              .send({ items: itemsOf(level) })
              .expect(200)
          : Promise.resolve();
      await shareAs('use');
      const blocker = await start(owner, serverId, 'sleep 600');
      await until(blocker.id, ({ state }) => state === 'running');
      const queued = await start(caller, serverId, 'true');

      // Then the row's state of things.
      await setAccess(access);
      await shareAs(share);
      if (role === 'VIEWER') {
        await app.as(admin, 'patch', `/users/${caller.user.id}`).send({ role }).expect(200);
      }
      const path = `/servers/${serverId}`;
      const listed = serverPageSchema.parse((await app.as(caller, 'get', '/servers').expect(200)).body);
      const details = { name: 'Job', type: 'BASH', content: 'true', serverIds: [serverId] };
      const answers: Record<Exclude<Operation, 'list' | 'start'>, number> = {
        read: (await app.as(caller, 'get', path)).status,
        change: (await app.as(caller, 'patch', path).send({ description: 'changed' })).status,
        share: (await app.as(caller, 'put', `${path}/shares`).send({ items: itemsOf(share) })).status,
        save: (await app.as(caller, 'post', '/events').send(details)).status,
        run: (await app.as(caller, 'post', `/events/${queued.eventId ?? ''}/run`).send({})).status,
      };
      await app.as(admin, 'post', `/executions/${blocker.id}/cancel`).send({}).expect(202);
      const ended = await until(queued.id, ({ endedAt }) => endedAt !== null);
      expect(['succeeded', 'skipped']).toContain(ended.state);

      const did: Record<Operation, boolean> = {
        ...(Object.fromEntries(
          Object.entries(answers).map(([operation, status]) => [operation, status < 400]),
        ) as Record<keyof typeof answers, boolean>),
        list: listed.items.some(({ id }) => id === serverId),
        start: ended.state === 'succeeded',
      };
      expect(operations.filter((operation) => did[operation])).toEqual(allowed);
      Object.values(answers).forEach((status) => {
        expect([200, 201, 202, 400, 403, 404]).toContain(status);
      });
    },
  );
});
