import {
  type Event,
  type Execution,
  executionSchema,
  type ExecutionSummary,
  type Session,
} from '@cronium/contracts';
import { ExecutionError, FakeExecutor, FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { JobQueue } from '../src/executions/job-queue';
import { type ClaimedJob, JobStore } from '../src/executions/job-store';
import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem, expectRefused } from './expectations';
import { insertServer } from './insert-server';
import { ask, connect } from './test-socket';
import { createInstallation, type Installation, startTestApp, type TestApp } from './test-app';

/** What happens between the moments of a wait, on servers that are quicker to break and mend than real ones. */
describe('waiting for a server', () => {
  const fakes = new Map<string, FakeServer>();
  const fakeOf = (id: string): FakeServer => {
    const fake = fakes.get(id) ?? new FakeServer();
    fakes.set(id, fake);
    return fake;
  };
  let installation: Installation;
  let app: TestApp;
  let other: TestApp;
  let user: Session;
  let friend: Session;
  let serverId: string;
  let wellId: string;

  const start = () =>
    startTestApp(({ id }) => new FakeExecutor(fakeOf(id)), {
      installation,
      environment: { CRONIUM_WORKER_CONCURRENCY: '1' },
    });

  beforeAll(async () => {
    installation = await createInstallation();
    app = await start();
    other = await start();
    user = await app.signIn('USER');
    friend = await app.signIn('USER', 'friend@example.com');
    serverId = await insertServer(app, user.user.id, { maxConcurrentJobs: 4 }, { name: 'Frail' });
    wellId = await insertServer(app, user.user.id, {}, { name: 'Well' });
    await patch({ whenUnhealthy: 'wait', waitMinutes: 5 }).expect(200);
  });
  afterAll(async () => {
    await app.close();
    await other.close();
    await installation.remove();
  });
  beforeEach(async () => {
    fakeOf(serverId).outage = new ExecutionError('engine_unavailable', 'The engine is down.');
    await check();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await mend();
  });

  const patch = (change: object, by = user) => app.as(by, 'patch', `/servers/${serverId}`).send(change);
  const check = () => app.as(user, 'post', `/servers/${serverId}/check`).expect(200);
  const mend = async (): Promise<void> => {
    fakeOf(serverId).outage = undefined;
    await check();
  };
  const createEvent = async (serverIds = [serverId], content = 'echo once'): Promise<Event> => {
    const body = { name: 'x', type: 'BASH', content, serverIds };
    return (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
  };
  const run = async ({ id }: Event): Promise<Execution> =>
    (await app.as(user, 'post', `/events/${id}/run`).send({}).expect(202)).body as Execution;
  const until = async (id: string, isThere: (execution: Execution) => boolean): Promise<Execution> => {
    for (;;) {
      const execution = executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
      if (isThere(execution)) return execution;
    }
  };
  const secondsToWait = ({ jobs }: Execution): number => {
    const { since = '', until: end = '' } = jobs[0]?.waitingFor ?? {};
    return (Date.parse(end) - Date.parse(since)) / 1000;
  };
  const waiting = (id: string) => until(id, ({ jobs }) => jobs[0]?.waitingFor != null);
  const ended = (id: string) => until(id, ({ endedAt }) => endedAt !== null);
  /** Does something after a worker has taken a job, and before it is put to wait, or tried. */
  const afterClaim = (act: (job: ClaimedJob) => Promise<unknown>) => {
    for (const store of [app, other].map((one) => one.app.get(JobStore))) {
      const claim = store.claim.bind(store);
      jest.spyOn(store, 'claim').mockImplementation(async (jobId) => {
        const job = await claim(jobId);
        if (job) await act(job);
        return job;
      });
    }
  };

  it('takes no worker’s place', async () => {
    const held = await run(await createEvent());
    await waiting(held.id);
    // The two workers have a place each.
    const passing = [await run(await createEvent([wellId])), await run(await createEvent([wellId]))];
    for (const { id } of passing) expect(await ended(id)).toMatchObject({ state: 'succeeded' });
    expect(await waiting(held.id)).toMatchObject({ state: 'queued' });
    await mend();
    expect(await ended(held.id)).toMatchObject({ state: 'succeeded' });
  });

  it('ends for all, once each, with several workers', async () => {
    const event = await createEvent();
    const held: Execution[] = [];
    while (held.length < 225) {
      held.push(...(await Promise.all(Array.from({ length: 25 }, () => run(event)))));
    }
    for (const { id } of held) await waiting(id);
    await mend();
    for (const { id } of held) {
      expect(await ended(id)).toMatchObject({ state: 'succeeded', jobs: [{ logEntries: 1, attempt: 1 }] });
    }
    expect(fakeOf(serverId).jobIds).toEqual([]);
  }, 60_000);

  it('is none when the server is back at that moment', async () => {
    afterClaim(mend);
    const { id } = await run(await createEvent());
    expect(await ended(id)).toMatchObject({ state: 'succeeded', jobs: [{ logEntries: 1 }] });
  });

  it('is none when the job is cancelled at that moment', async () => {
    afterClaim(({ executionId }) => app.as(user, 'post', `/executions/${executionId}/cancel`).expect(202));
    const { id } = await run(await createEvent());
    expect(await ended(id)).toMatchObject({ state: 'cancelled', jobs: [{ startingAt: expect.any(String) }] });
  });

  it('is begun again by whoever gets the job when the worker that had it is gone', async () => {
    let isGone = false;
    for (const queue of [app, other].map((one) => one.app.get(JobQueue))) {
      const remove = queue.remove.bind(queue);
      jest.spyOn(queue, 'remove').mockImplementation((transaction, jobId) => {
        if (isGone) return remove(transaction, jobId);
        isGone = true;
        return Promise.reject(new Error('The worker died in the midst of it.'));
      });
    }
    const { id } = await run(await createEvent());
    expect(await waiting(id)).toMatchObject({ jobs: [{ state: 'queued', attempt: 1 }] });
    await mend();
    expect(await ended(id)).toMatchObject({ state: 'succeeded', jobs: [{ logEntries: 1 }] });
  }, 60_000);

  it('is shown live, to those who watch the execution and those who watch lists', async () => {
    const socket = await connect(app, user.accessToken);
    const listed: ExecutionSummary[] = [];
    const shown: Execution[] = [];
    socket.on('execution.listed', (summary) => listed.push(summary));
    socket.on('execution.updated', (execution) => shown.push(execution));
    const { id } = await run(await createEvent());
    await ask(socket, 'subscribe', { execution: id });
    await waiting(id);
    await mend();
    await ended(id);
    while (!listed.some(({ endedAt }) => endedAt !== null)) await new Promise(setImmediate);
    socket.disconnect();
    expect(listed.map(({ waitingFor }) => waitingFor?.code)).toContain('engine_unavailable');
    expect(shown.map(({ jobs }) => jobs[0]?.waitingFor?.code)).toContain('engine_unavailable');
    expect(shown.at(-1)?.jobs[0]?.waitingFor).toBeNull();
  });

  it('counts in all, however often the server comes and goes', async () => {
    const { id } = await run(await createEvent());
    await waiting(id);
    await app.app.get(DataSource).query(
      `UPDATE jobs SET waiting_since = waiting_since - interval '4 min', wait_until = wait_until - interval '4 min'
        WHERE execution_id = $1`,
      [id],
    );
    const { outage } = fakeOf(serverId);
    afterClaim(() => Promise.resolve((fakeOf(serverId).outage = outage)));
    fakeOf(serverId).outage = undefined;
    await check();
    const { jobs } = await until(id, (one) => secondsToWait(one) > 0 && secondsToWait(one) < 100);
    expect(jobs[0]?.waitingFor?.code).toBe('engine_unavailable');
    await app.as(user, 'post', `/executions/${id}/cancel`).expect(202);
  });

  it('leaves no way to start a script that another has taken away', async () => {
    const { id, jobs } = await run(await createEvent());
    const { id: jobId = '' } = jobs[0] ?? {};
    const handle = { version: 1, jobId, location: { executor: 'fake' }, ackedSeq: 0 } as const;
    await waiting(id);
    await expect(app.app.get(JobStore).saveHandle(jobId, handle)).rejects.toThrow('taken away');
  });

  it.each([
    [{ whenUnhealthy: 'perhaps' }, ['body.whenUnhealthy']],
    [{ waitMinutes: 0 }, ['body.waitMinutes']],
    [{ waitMinutes: 1441 }, ['body.waitMinutes']],
    [{ waitMinutes: 1.5 }, ['body.waitMinutes']],
    [{ waitMinutes: null }, ['body.waitMinutes']],
  ])('refuses %j', async (change, paths) => {
    expectRefused(await patch(change), paths);
  });

  it('is set by those who may manage the server', async () => {
    const items = [{ userId: friend.user.id, level: 'use' }];
    await app.as(user, 'put', `/servers/${serverId}/shares`).send({ items }).expect(200);
    expectProblem(await patch({ whenUnhealthy: 'fail' }, friend), 403, 'manage_required');
    expect((await app.as(friend, 'get', `/servers/${serverId}`)).body).toMatchObject({
      whenUnhealthy: 'wait',
      waitMinutes: 5,
    });
  });

  it('is not what Local Execution does unless an administrator says so', async () => {
    expect((await app.as(user, 'get', `/servers/${localExecutionId}`)).body).toMatchObject({
      whenUnhealthy: 'fail',
      waitMinutes: 10,
    });
  });
});
