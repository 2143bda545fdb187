import {
  type Event,
  type Execution,
  type ExecutionQuery,
  executionQuerySchema,
  type ExecutionState,
  type Page,
  type Session,
} from '@cronium/contracts';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { ExecutionsService } from '../src/executions/executions.service';
import { localExecutionId } from '../src/servers/local-execution';
import { insertServer } from './insert-server';
import { onFake, startTestApp, type TestApp } from './test-app';

const states: readonly ExecutionState[] = ['succeeded', 'failed', 'partial', 'running'];
/** Executions share instants, so that the id decides between them. */
const instants = 5;
const instant = (n: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, 0, n)).toISOString();
const spans: readonly Filters[] = [
  {},
  { since: instant(1) },
  { until: instant(3) },
  { since: instant(1), until: instant(4) },
];
const lastId = 'ffffffff-ffff-7fff-bfff-ffffffffffff';

type Filters = Partial<Pick<ExecutionQuery, 'serverId' | 'eventId' | 'state' | 'since' | 'until'>>;

interface Listed {
  id: string;
  ownerId: string;
  eventId: string | null;
  state: string;
  at: Date;
  serverIds: string[];
}

describe('the list of executions', () => {
  let app: TestApp;
  let database: DataSource;
  let admin: Session;
  let user: Session;
  let other: Session;
  let events: string[];
  let servers: string[];

  beforeAll(async () => {
    app = await startTestApp(onFake());
    database = app.app.get(DataSource);
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    other = await app.signIn('USER', 'other@example.com');
    events = await Promise.all([user, user, other].map(createEvent));
    servers = [
      localExecutionId,
      await insertServer(app, user.user.id),
      await insertServer(app, user.user.id),
    ];
    for (let n = 0; n < 90; n += 1) await insert(n);
  });
  afterAll(() => app.close());

  const createEvent = async (owner: Session): Promise<string> => {
    const details = { name: 'listed', type: 'BASH', content: 'true', schedule: { kind: 'manual' } };
    return ((await app.as(owner, 'post', '/events').send(details).expect(201)).body as Event).id;
  };

  /** One with its jobs, on none, one or several of the servers. */
  const insert = async (n: number): Promise<string> => {
    const id = uuid();
    const on = servers.filter((_, index) => ((n % 7) >> index) % 2 === 1);
    await database.query(
      `WITH execution AS (
         INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger, created_at, ended_at)
         SELECT $1, event.id, version.id, event.name, event.type, event.owner_id, $3, 'api', $4, $4
           FROM events event JOIN event_versions version ON version.event_id = event.id WHERE event.id = $2
         RETURNING *)
       INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state, ended_at)
       SELECT gen_random_uuid(), execution.id, owner_id, event_id, given.server_id, 'x', 'container', position - 1, 'failed', ended_at
         FROM execution, unnest($5::uuid[]) WITH ORDINALITY AS given(server_id, position)`,
      [id, events[n % events.length], states[(n * 5 + (n >> 3)) % states.length], instant(n % instants), on],
    );
    return id;
  };

  /** What there is, from where the states and the servers are kept. */
  const all = (): Promise<Listed[]> =>
    database.query<Listed[]>(
      `SELECT id, owner_id AS "ownerId", event_id AS "eventId", state, created_at AS at,
              ARRAY(SELECT server_id FROM jobs WHERE execution_id = execution.id) AS "serverIds"
         FROM executions execution ORDER BY created_at DESC, id DESC`,
    );

  const stateOf = async (id: string): Promise<string> =>
    ((await app.as(user, 'get', `/executions/${id}`).expect(200)).body as Execution).state;

  const pages = async ({ user: caller }: Session, filters: Filters): Promise<string[]> => {
    const ids: string[] = [];
    let cursor: string | null = null;
    do {
      const query = executionQuerySchema.parse({ ...filters, ...(cursor && { cursor }), limit: 7 });
      const page: Page<{ id: string }> = await app.app.get(ExecutionsService).list(caller, query);
      ids.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor !== null);
    return ids;
  };

  const matches =
    (caller: Session, { serverId, eventId, state, since, until }: Filters) =>
    (one: Listed): boolean =>
      (caller === admin || one.ownerId === caller.user.id) &&
      (serverId === undefined || one.serverIds.includes(serverId)) &&
      (eventId === undefined || one.eventId === eventId) &&
      (state === undefined || one.state === state) &&
      (since === undefined || one.at >= new Date(since)) &&
      (until === undefined || one.at < new Date(until));

  /** Every combination of filters, for everybody, read page by page; over spans of time in turn. */
  const expectAllRight = async (): Promise<void> => {
    const listed = await all();
    let turn = 0;
    for (const serverId of [undefined, ...servers])
      for (const eventId of [undefined, ...events])
        for (const state of [undefined, ...states, 'lost' as const])
          for (const caller of [admin, user, other]) {
            const query = { serverId, eventId, state, ...spans[turn++ % spans.length] };
            const label = JSON.stringify({ ...query, by: caller.user.email });
            const expected = listed.filter(matches(caller, query)).map(({ id }) => id);
            expect([label, await pages(caller, query)]).toEqual([label, expected]);
          }
  };

  it('has what each combination of filters asks for, in order', expectAllRight);

  it('follows an execution from its start to its end', async () => {
    const body = { name: 'followed', type: 'BASH', content: 'sleep 60', serverIds: [servers[1]] };
    const event = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    const path = `/events/${event.id}/run`;
    const { id } = (await app.as(user, 'post', path).send({}).expect(202)).body as Execution;
    const at = (state: ExecutionState) => pages(user, { serverId: servers[1], eventId: event.id, state });
    while ((await at('running')).length === 0) expect(await stateOf(id)).not.toBe('failed');
    expect(await at('queued')).toEqual([]);
    await app.as(user, 'post', `/executions/${id}/cancel`).expect(202);
    while ((await at('cancelled')).length === 0) expect(await stateOf(id)).not.toBe('failed');
    expect(await at('running')).toEqual([]);
    expect(await pages(user, { serverId: servers[1], eventId: event.id })).toEqual([id]);
    await app.as(user, 'delete', `/events/${event.id}`).expect(204);
    expect(await at('cancelled')).toEqual([]);
    expect(await pages(user, { serverId: servers[1], state: 'cancelled' })).toEqual([id]);
  });

  it('is right again after states changed, servers were added, and rows were deleted', async () => {
    const [further] = servers.splice(0, 1, await insertServer(app, user.user.id));
    const [deleted = ''] = servers.splice(2, 1);
    await database.query(
      `UPDATE executions SET state = CASE state WHEN 'running' THEN 'failed' WHEN 'failed' THEN 'partial' ELSE 'running' END
        WHERE created_at <> $1`,
      [instant(2)],
    );
    await database.query(
      `INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state, ended_at)
       SELECT gen_random_uuid(), id, owner_id, event_id, $1, 'x', 'container', 9, 'failed', now() FROM executions WHERE state = 'partial'`,
      [servers[0]],
    );
    await database.query('DELETE FROM servers WHERE id = $1', [deleted]);
    await database.query('DELETE FROM executions WHERE created_at = $1', [instant(4)]);
    await expectAllRight();
    servers.push(further ?? '', deleted);
    await expectAllRight();
  });

  it('has the state of an execution that changes while a job is added for another server', async () => {
    const id = await insert(1);
    const [adding, changing] = [database.createQueryRunner(), database.createQueryRunner()];
    try {
      await changing.startTransaction();
      await changing.query(`UPDATE executions SET state = 'timed_out' WHERE id = $1`, [id]);
      const added = adding.query(
        `INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state, ended_at)
         SELECT gen_random_uuid(), id, owner_id, event_id, $2, 'x', 'container', 9, 'failed', now() FROM executions WHERE id = $1`,
        [id, servers[2]],
      );
      const isWaiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      while ((await database.query<unknown[]>(isWaiting)).length === 0);
      await changing.commitTransaction();
      await added;
      expect(await pages(admin, { serverId: servers[2], state: 'timed_out' })).toEqual([id]);
    } finally {
      await Promise.all([adding.release(), changing.release()]);
    }
  });

  it.each([
    ['2026-01-01T00:00:00.002Z', 2],
    ['2026-01-01T00:00:00.0025Z', 3],
    ['2026-01-01T01:00:00.003+01:00', 3],
  ])('ends before %s, from wherever it is read on', async (until, end) => {
    const listed = await all();
    for (let begin = 0; begin < instants; begin += 1) {
      const cursor = Buffer.from(JSON.stringify([instant(begin), lastId])).toString('base64url');
      const query = executionQuerySchema.parse({ until, cursor, limit: 200 });
      const { items } = await app.app.get(ExecutionsService).list(admin.user, query);
      const isIn = ({ at }: Listed) => at < new Date(instant(end)) && at <= new Date(instant(begin));
      expect(items.map(({ id }) => id)).toEqual(listed.filter(isIn).map(({ id }) => id));
    }
  });
});
