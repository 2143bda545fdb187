import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

import { type Event, type Execution, executionSchema, logPageSchema, type Session } from '@cronium/contracts';
import { FakeExecutor, FakeServer, thisProcess } from '@cronium/execution';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Processes } from '../src/database/processes';
import { DispatchLoop } from '../src/executor/dispatch-loop';
import { Reconciler } from '../src/executor/reconciler';
import { expectProblem } from './expectations';
import { createInstallation, type Installation, startTestApp, type TestApp } from './test-app';

/** What is out of step between rows, queue and processes, and how it is mended. The chaos program kills real processes; see tools/chaos. */
describe('recovery', () => {
  const fake = new FakeServer();
  const executors: FakeExecutor[] = [];
  let installation: Installation;
  let app: TestApp;
  let admin: Session;
  let user: Session;

  beforeAll(async () => {
    installation = await createInstallation();
    app = await startTestApp(
      () => {
        const executor = new FakeExecutor(fake);
        executors.push(executor);
        return executor;
      },
      { installation },
    );
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
  });
  afterAll(async () => {
    await app.close();
    await installation.remove();
  });

  const query = <T>(sql: string, values: unknown[] = []): Promise<T> =>
    app.app.get(DataSource).query(sql, values);
  const reconcile = () => app.app.get(Reconciler).reconcile();
  const run = async (content: string): Promise<Execution> => {
    const body = { name: 'x', type: 'BASH', content };
    const event = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    return executionSchema.parse((await app.as(user, 'post', `/events/${event.id}/run`).send({})).body);
  };
  const until = async ({ id }: Execution, isThere: (execution: Execution) => boolean): Promise<Execution> => {
    for (;;) {
      const answer = await app.as(user, 'get', `/executions/${id}`);
      if (answer.status === 200) {
        const execution = executionSchema.parse(answer.body);
        if (isThere(execution)) return execution;
      }
      await delay(20);
    }
  };
  const ended = (execution: Execution) => until(execution, ({ endedAt }) => endedAt !== null);
  const jobOf = ({ jobs }: Execution): string => jobs[0]?.id ?? '';
  const linesOf = async (execution: Execution): Promise<string[]> => {
    const answer = await app.as(user, 'get', `/jobs/${jobOf(execution)}/log?limit=5000`);
    return logPageSchema.parse(answer.body).entries.map(({ text }) => text.trim());
  };
  const mended = async (what: string): Promise<number> => {
    const answer = await request(app.server)
      .get('/metrics')
      .set('Authorization', `Bearer ${admin.accessToken}`)
      .expect(200);
    return Number(
      new RegExp(`cronium_reconciler_mended_total{what="${what}"} (\\d+)`).exec(answer.text)?.[1] ?? 0,
    );
  };

  /** As if another process had the job: it is registered, and the job's row names it. */
  const giveTo = async (process: { name: string; silence: number }, jobId: string) => {
    const id = uuid();
    await query(
      `INSERT INTO processes (id, name, roles, beat_at)
       VALUES ($1, $2, '{worker}', now() - make_interval(secs => $3))`,
      [id, process.name, process.silence],
    );
    await query('UPDATE jobs SET worker_id = $2 WHERE id = $1', [jobId, id]);
  };
  const mine = () => app.app.get(Processes).id;
  const workerOf = async (execution: Execution): Promise<string | undefined> => {
    const sql = 'SELECT worker_id AS worker FROM jobs WHERE id = $1';
    return (await query<{ worker: string }[]>(sql, [jobOf(execution)]))[0]?.worker;
  };
  const counting = 'repeat 20 line\nsleep 0.2\n'.repeat(60);

  it('lets metrics be read by administrators alone', async () => {
    const as = (session: Session) =>
      request(app.server).get('/metrics').set('Authorization', `Bearer ${session.accessToken}`);
    expectProblem(await as(user), 403);
    expectProblem(await request(app.server).get('/metrics'), 401);
    expect((await as(admin).expect(200)).text).toContain('cronium_reconciler_mended_total');
  });

  it('takes over at once what a dead process of this host had, with no line lost or doubled', async () => {
    const dead = spawn('true');
    await once(dead, 'exit');
    const execution = await run(counting);
    await until(execution, ({ jobs }) => (jobs[0]?.logEntries ?? 0) > 0);
    await giveTo(
      { name: thisProcess().replace(/[^/]+\/[^/]+$/, `${dead.pid}/1`), silence: 0 },
      jobOf(execution),
    );
    while ((await workerOf(execution)) !== mine()) await delay(100);
    const { state } = await ended(execution);
    expect(state).toBe('succeeded');
    expect(await linesOf(execution)).toEqual(Array.from({ length: 1200 }, () => 'line'));
    expect(await mended('job_of_dead_worker')).toBe(1);
  }, 60_000);

  it('takes over from another host that is silent, and leaves one that beats alone', async () => {
    const [silent, lively] = [await run('sleep 60'), await run('sleep 60')];
    for (const one of [silent, lively]) await until(one, ({ state }) => state === 'running');
    await giveTo({ name: 'elsewhere', silence: 11 }, jobOf(silent));
    await giveTo({ name: 'elsewhere', silence: -60 }, jobOf(lively));
    while ((await workerOf(silent)) !== mine()) await delay(100);
    expect(await workerOf(lively)).not.toBe(mine());
    await query(`UPDATE processes SET beat_at = now() - interval '11 s' WHERE name = 'elsewhere'`);
    while ((await workerOf(lively)) !== mine()) await delay(100);
    for (const { id } of [silent, lively]) await app.as(user, 'post', `/executions/${id}/cancel`).expect(202);
    for (const one of [silent, lively]) expect(await ended(one)).toMatchObject({ state: 'cancelled' });
  });

  it('lets go of a job that another process has taken over and ended', async () => {
    const execution = await run('sleep 60');
    await until(execution, ({ state }) => state === 'running');
    const end = `state = 'succeeded', ended_at = now() - interval '6 s'`;
    await query(`UPDATE jobs SET worker_id = NULL, ${end} WHERE id = $1`, [jobOf(execution)]);
    await query(`UPDATE executions SET ${end} WHERE id = $1`, [execution.id]);
    await app.app.get(DispatchLoop).review();
    const active = async () =>
      (await Promise.all(executors.map((executor) => executor.getResourceUsage()))).filter(
        ({ activeJobs }) => activeJobs > 0,
      );
    while ((await active()).length > 0) await delay(50);
    expect(await ended(execution)).toMatchObject({ state: 'succeeded' });
  });

  it('sends a message that was lost, and ends an execution whose jobs have ended', async () => {
    await query(`UPDATE servers SET container_config = '{"maxConcurrentJobs": 1}'`);
    const blocker = await run('sleep 60');
    await until(blocker, ({ state }) => state === 'running');
    const waiting = await run('echo once');
    await query(`UPDATE jobs SET admitted_at = now() - interval '1 minute', precedence = 9 WHERE id = $1`, [
      jobOf(waiting),
    ]);
    await reconcile();
    expect(await ended(waiting)).toMatchObject({ state: 'succeeded' });
    expect(await linesOf(waiting)).toEqual(['once']);
    expect(await mended('message_lost')).toBe(1);
    await app.as(user, 'post', `/executions/${blocker.id}/cancel`).expect(202);
    await ended(blocker);

    await query(
      `UPDATE executions SET state = 'running', ended_at = NULL, created_at = now() - interval '1 hour' WHERE id = $1`,
      [waiting.id],
    );
    await reconcile();
    expect(await ended(waiting)).toMatchObject({ state: 'succeeded' });
    expect(await mended('execution_not_ended')).toBe(1);
    await reconcile();
    expect([await mended('message_lost'), await mended('execution_not_ended')]).toEqual([1, 1]);
  });

  it('lets scripts run on while the database is away, answers 503 meanwhile, and then tells all', async () => {
    const execution = await run(`${counting}exit 7`);
    await until(execution, ({ jobs }) => (jobs[0]?.logEntries ?? 0) > 0);
    await installation.database.goAway();
    const problem = expectProblem(await app.as(user, 'get', '/events'), 503, 'database_unavailable');
    expect(problem.detail).toContain('Try again');
    expect((await app.as(user, 'get', '/events')).headers['retry-after']).toMatch(/^\d+$/);
    expect((await request(app.server).get('/api/health/live')).status).toBe(200);
    expect((await request(app.server).get('/api/health/ready')).status).toBe(503);
    await delay(6000);
    await installation.database.comeBack();
    expect(await ended(execution)).toMatchObject({ state: 'failed', jobs: [{ exitCode: 7, attempt: 1 }] });
    expect(await linesOf(execution)).toEqual(Array.from({ length: 1200 }, () => 'line'));
    expect(await ended(await run('echo after'))).toMatchObject({ state: 'succeeded' });
  }, 60_000);
});
