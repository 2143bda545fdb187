import {
  type Event,
  type Execution,
  executionSchema,
  type LogHitPage,
  logHitPageSchema,
  problemSchema,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import request from 'supertest';
import { DataSource } from 'typeorm';

import { Retention } from '../src/executions/retention';
import { LogIndexer } from '../src/log-search/log-indexer';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';
import { insertServer } from './insert-server';

const withSecret = [{ key: 'TOKEN', value: 'hunter2hunter2', secret: true }];

describe('the search over logs', () => {
  const fake = new FakeServer();
  let installation: Installation;
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let other: Session;

  const start = () =>
    startTestApp(onFake(fake), { installation, environment: { CRONIUM_ON_SHUTDOWN: 'detach' } });

  beforeAll(async () => {
    installation = await createInstallation();
    app = await start();
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    other = await app.signIn('USER', 'other@example.com');
  });
  afterAll(async () => {
    await app.close();
    await installation.remove();
  });

  const get = (as: Session, query: object) =>
    app.as(as, 'get', `/logs/search?${new URLSearchParams(query as Record<string, string>).toString()}`);
  const search = async (as: Session, query: object): Promise<LogHitPage> =>
    logHitPageSchema.parse((await get(as, query).expect(200)).body);
  const texts = async (as: Session, query: object) => (await search(as, query)).items.map(({ text }) => text);
  const run = async (as: Session, content: string, details: object = {}): Promise<Execution> => {
    const body = { name: 'Logs', type: 'BASH', content, ...details };
    const event = (await app.as(as, 'post', '/events').send(body).expect(201)).body as Event;
    const path = `/events/${event.id}/run?wait=20`;
    return executionSchema.parse((await app.as(as, 'post', path).send({}).expect(202)).body);
  };
  /** Until what has been written is in the index, whichever process brings it there. */
  const indexed = async () => {
    const open = `SELECT 1 FROM jobs, log_search_progress progress
                   WHERE log_bytes > 0 AND log_removed_at IS NULL AND jobs.ended_at IS NOT NULL
                     AND (jobs.ended_at, id) > (progress.ended_at, progress.job_id)`;
    const database = app.app.get(DataSource);
    while ((await database.query<unknown[]>(open)).length > 0)
      await app.app.get(LogIndexer, { strict: false }).run();
  };

  it('finds words, phrases, beginnings and parts, and tells where they are', async () => {
    const execution = await run(
      user,
      ['echo Disk is full: ERR_NO_SPACE', 'echo is disk 10.1.2.3 full >&2', 'echo café 東京都 x'].join('\n'),
    );
    await indexed();
    const one = await search(user, { q: '"is full"' });
    expect(one).toEqual({ items: [expect.anything()], nextCursor: null, searchedBackTo: null });
    expect(one.items[0]).toEqual({
      jobId: execution.jobs[0]?.id,
      executionId: execution.id,
      eventId: execution.eventId,
      eventName: 'Logs',
      serverName: 'Local Execution',
      state: 'succeeded',
      stream: 'stdout',
      at: expect.any(String),
      seq: 1,
      text: 'Disk is full: ERR_NO_SPACE',
      ranges: [[5, 12]],
    });
    expect(await texts(user, { q: 'FULL disk' })).toHaveLength(2);
    expect(await texts(user, { q: 'full disk -err' })).toEqual(['is disk 10.1.2.3 full']);
    expect(await texts(user, { q: 'err_no*' })).toHaveLength(1);
    expect(await texts(user, { q: '10.1.2.3' })).toHaveLength(1);
    expect(await texts(user, { q: '1.2.4' })).toEqual([]);
    expect(await texts(user, { q: 'CAFÉ 東京' })).toEqual(['café 東京都 x']);
    expect(await texts(user, { q: 'spac' })).toEqual([]);
  });

  it('shows users what their own events wrote, and administrators everything', async () => {
    await run(user, 'echo whose mine');
    await run(other, 'echo whose theirs');
    await indexed();
    expect(await texts(user, { q: 'whose' })).toEqual(['whose mine']);
    expect(await texts(other, { q: 'whose' })).toEqual(['whose theirs']);
    expect(await texts(admin, { q: 'whose' })).toEqual(['whose theirs', 'whose mine']);
    // The rows decide, not what the index says of them.
    await app.app
      .get(DataSource)
      .query(
        `UPDATE executions SET owner_id = $1 WHERE id IN (SELECT execution_id FROM jobs WHERE owner_id = $2)`,
        [user.user.id, other.user.id],
      );
    expect(await texts(other, { q: 'whose' })).toEqual([]);
  });

  it('filters by event, server, state, stream and time, together', async () => {
    const serverId = await insertServer(app, user.user.id);
    const content = 'echo filtered out\necho filtered err >&2\nexit 1';
    const here = await run(user, content);
    const there = await run(user, 'echo filtered there', { serverIds: [serverId] });
    await indexed();
    const eventId = here.eventId ?? '';
    expect(await texts(user, { q: 'filtered' })).toEqual(['filtered there', 'filtered err', 'filtered out']);
    expect(await texts(user, { q: 'filtered', eventId })).toEqual(['filtered err', 'filtered out']);
    expect(await texts(user, { q: 'filtered', serverId })).toEqual(['filtered there']);
    expect(await texts(user, { q: 'filtered', state: 'failed' })).toHaveLength(2);
    expect(await texts(user, { q: 'filtered', stream: 'stderr' })).toEqual(['filtered err']);
    expect(await texts(user, { q: 'filtered', stream: 'stderr', state: 'succeeded' })).toEqual([]);
    expect(await texts(user, { q: 'filtered', eventId, serverId })).toEqual([]);
    const [newest] = (await search(user, { q: 'filtered' })).items;
    expect(await texts(user, { q: 'filtered', from: newest?.at })).toContain('filtered there');
    expect(await texts(user, { q: 'filtered', to: newest?.at })).toEqual(['filtered err', 'filtered out']);
    expect(await texts(user, { q: 'filtered', to: here.createdAt })).toEqual([]);
    await app.as(user, 'delete', `/events/${there.eventId ?? ''}`).expect(204);
    expect(await texts(user, { q: 'filtered', eventId: there.eventId ?? '' })).toEqual([]);
    expect((await search(user, { q: 'filtered', serverId })).items[0]?.eventId).toBeNull();
  });

  it('goes on from page to page, newest first, with each line once', async () => {
    await run(user, Array.from({ length: 100 }, (_, n) => `echo paged ${n}`).join('\n'));
    await run(user, 'repeat 50 paged again');
    await indexed();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: LogHitPage = await search(user, { q: 'paged', limit: '7', ...(cursor ? { cursor } : {}) });
      expect(page.items.length).toBeLessThanOrEqual(7);
      seen.push(...page.items.map(({ executionId, seq, text }) => `${executionId} ${seq} ${text}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(150);
    expect(seen).toHaveLength(150);
    expect(seen[0]).toMatch(/ 50 paged again$/);
    expect(seen[149]).toMatch(/ 1 paged 0$/);
  });

  it('has no secret, since the log has none', async () => {
    await run(user, 'echo masked hunter2hunter2 end', { environment: withSecret });
    await indexed();
    expect(await texts(user, { q: 'masked' })).toEqual(['masked •••••• end']);
    expect(await texts(user, { q: 'hunter2hunter2' })).toEqual([]);
    expect(await texts(user, { q: 'hunter*' })).toEqual([]);
  });

  it('forgets what the clean-up takes away', async () => {
    const execution = await run(user, 'echo forgotten');
    await indexed();
    expect(await texts(user, { q: 'forgotten' })).toHaveLength(1);
    await app.app
      .get(DataSource)
      .query(`UPDATE jobs SET ended_at = now() - interval '9 days' WHERE execution_id = $1`, [execution.id]);
    await app.as(admin, 'patch', '/settings').send({ retention_logs_days: 7 }).expect(200);
    await app.app.get(Retention, { strict: false }).cleanUp();
    await app.as(admin, 'patch', '/settings').send({ retention_logs_days: null }).expect(200);
    expect(await texts(user, { q: 'forgotten' })).toEqual([]);
    const left = `SELECT 1 FROM log_search_blocks WHERE job_id = $1`;
    expect(await app.app.get(DataSource).query(left, [execution.jobs[0]?.id])).toEqual([]);
  });

  it('has the output of a job that goes on, and its end and state when it has ended', async () => {
    const content = `printf partly\necho ' written'\nsleep 30`;
    const event = (
      await app.as(user, 'post', '/events').send({ name: 'Long', type: 'BASH', content }).expect(201)
    ).body as Event;
    const { id } = (await app.as(user, 'post', `/events/${event.id}/run`).send({}).expect(202))
      .body as Execution;
    const database = app.app.get(DataSource);
    const isWritten = `SELECT 1 FROM jobs WHERE execution_id = $1 AND log_entries = 2`;
    while ((await database.query<unknown[]>(isWritten, [id])).length === 0);
    // As if it had been some time ago: what is young is indexed later.
    await database.query(
      `UPDATE job_log_chunks SET at = at - interval '1 min' WHERE job_id IN (SELECT id FROM jobs WHERE execution_id = $1)`,
      [id],
    );
    const indexer = app.app.get(LogIndexer, { strict: false });
    while ((await texts(user, { q: 'partly', state: 'running' })).length === 0) await indexer.run();
    expect(await texts(user, { q: '"partly written"' })).toEqual(['partly written']);
    await app.as(user, 'post', `/executions/${id}/cancel`).expect(202);
    await indexed();
    while ((await texts(user, { q: 'partly', state: 'cancelled' })).length === 0);
    expect(await texts(user, { q: 'partly', state: 'running' })).toEqual([]);
    expect(await texts(user, { q: 'partly' })).toHaveLength(1);
  });

  it('gets past a line of very many pieces', async () => {
    const { jobs } = await run(user, 'echo pieces follow');
    const database = app.app.get(DataSource);
    await database.query(
      `INSERT INTO job_log_chunks (job_id, first_seq, last_seq, stream, at, data)
       SELECT $1, n, n, 0, now(), 'a' FROM generate_series(2, 2500) n`,
      [jobs[0]?.id],
    );
    await database.query('UPDATE jobs SET log_entries = 2500 WHERE id = $1', [jobs[0]?.id]);
    await indexed();
    expect((await search(user, { q: 'aa*' })).items.map(({ seq }) => seq)).toEqual([2001, 2]);
  });

  it('catches up after a restart, and indexes nothing twice', async () => {
    const count = 'SELECT count(*)::int AS count FROM log_search_blocks';
    const blocks = async () => (await app.app.get(DataSource).query<{ count: number }[]>(count))[0]?.count;
    await run(user, 'echo before the restart');
    await indexed();
    const before = await blocks();
    await app.app.get(DataSource).query(`
      TRUNCATE log_search_blocks;
      UPDATE log_search_progress SET ended_at = '-infinity', job_id = '00000000-0000-0000-0000-000000000000'`);
    await app.close();
    const [one, another] = await Promise.all([start(), start()]);
    app = one;
    await Promise.all([one, another].map((each) => each.app.get(LogIndexer, { strict: false }).run()));
    await indexed();
    await another.close();
    expect(await texts(user, { q: '"before the restart"' })).toHaveLength(1);
    expect(await blocks()).toBe(before);
  });

  it.each([
    [{}, 'query.q'],
    [{ q: '  ' }, 'query.q'],
    [{ q: '…' }, 'query.q'],
    [{ q: '-error' }, 'query.q'],
    [{ q: 'x'.repeat(201) }, 'query.q'],
    [{ q: 'x', cursor: 'x' }, 'query.cursor'],
    [{ q: 'x', eventId: 'x' }, 'query.eventId'],
    [{ q: 'x', state: 'partial' }, 'query.state'],
    [{ q: 'x', stream: 'x' }, 'query.stream'],
    [{ q: 'x', from: 'yesterday' }, 'query.from'],
    [{ q: 'x', limit: '201' }, 'query.limit'],
    [{ q: 'x', other: 'x' }, 'query'],
  ])('refuses %j, and says why', async (query, path) => {
    const problem = problemSchema.parse((await get(user, query).expect(400)).body);
    expect(problem.errors?.[0]?.path).toBe(path);
  });

  it('is for those who have signed in', async () => {
    await request(app.server).get('/api/logs/search?q=x').expect(401);
  });

  it('gives up what takes too long with a word on what to do', async () => {
    const database = app.app.get(DataSource);
    const lock = database.createQueryRunner();
    await lock.startTransaction();
    await lock.query('LOCK TABLE log_search_blocks');
    const problem = problemSchema.parse((await get(user, { q: 'x' }).expect(400)).body);
    await lock.rollbackTransaction();
    await lock.release();
    expect(problem).toMatchObject({ code: 'search_too_broad', detail: expect.stringContaining('Narrow') });
  });
});
