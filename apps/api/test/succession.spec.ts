import { once } from 'node:events';

import {
  type Event,
  type Execution,
  executionSchema,
  type LogEntry,
  logPageSchema,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';

import { JobLogStore } from '../src/executions/job-log-store';
import { JobStore } from '../src/executions/job-store';
import { DispatchLoop } from '../src/executor/dispatch-loop';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';

/** Processes that come and go on one installation, while the server with its scripts stays. */
describe('a worker that goes', () => {
  const fake = new FakeServer();
  let installation: Installation;
  let user: Session;

  const start = () =>
    startTestApp(onFake(fake), { installation, environment: { CRONIUM_ON_SHUTDOWN: 'detach' } });

  beforeAll(async () => {
    installation = await createInstallation();
    const app = await start();
    user = await app.signIn('USER');
    await app.close();
  });
  afterAll(() => installation.remove());

  const run = async (app: TestApp, content: string): Promise<Execution> => {
    const event = (await app.as(user, 'post', '/events').send({ name: 'x', type: 'BASH', content }))
      .body as Event;
    return executionSchema.parse((await app.as(user, 'post', `/events/${event.id}/run`).send({})).body);
  };
  const until = async (
    app: TestApp,
    id: string,
    isThere: (execution: Execution) => boolean,
  ): Promise<Execution> => {
    for (;;) {
      const execution = executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
      if (isThere(execution)) return execution;
    }
  };
  const logOf = async (app: TestApp, { jobs }: Execution): Promise<LogEntry[]> => {
    const answer = await app.as(user, 'get', `/jobs/${jobs[0]?.id ?? ''}/log?limit=5000`);
    return logPageSchema.parse(answer.body).entries;
  };
  const expectWhole = (entries: LogEntry[], counts: Record<string, number>) => {
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.map(({ text }) => text.trim())).toEqual(
      Object.entries(counts).flatMap(([text, count]) => Array.from({ length: count }, () => text)),
    );
  };

  it('leaves its script to the next, which loses no line and doubles none', async () => {
    const first = await start();
    const { id } = await run(first, 'repeat 500 before\nsleep 2\nrepeat 500 after\nexit 3');
    await until(first, id, ({ jobs }) => (jobs[0]?.logEntries ?? 0) >= 500);
    await first.close();
    expect(fake.jobIds).toHaveLength(1);

    const second = await start();
    const execution = await until(second, id, ({ endedAt }) => endedAt !== null);
    expect(execution).toMatchObject({
      state: 'failed',
      jobs: [{ exitCode: 3, attempt: 1, logEntries: 1000 }],
    });
    expectWhole(await logOf(second, execution), { before: 500, after: 500 });
    await second.close();
    expect(fake.jobIds).toEqual([]);
  });

  it('leaves it in the midst of its output to one that is there already', async () => {
    const [first, second] = [await start(), await start()];
    const { id } = await run(first, `${'repeat 100 line\nsleep 0.02\n'.repeat(40)}exit 0`);
    await until(second, id, ({ jobs }) => (jobs[0]?.logEntries ?? 0) > 0);
    await first.close();
    const execution = await until(second, id, ({ endedAt }) => endedAt !== null);
    expect(execution).toMatchObject({ state: 'succeeded', jobs: [{ exitCode: 0 }] });
    expectWhole(await logOf(second, execution), { line: 4000 });
    await second.close();
  });

  it('has stored all it heard before the next takes over', async () => {
    const [first, second] = [await start(), await start()];
    const order: string[] = [];
    const claimed = new Promise<void>((resolve) => {
      const jobs = second.app.get(JobStore);
      const claim = jobs.claim.bind(jobs);
      jest.spyOn(jobs, 'claim').mockImplementation((jobId) => {
        order.push('claimed');
        resolve();
        return claim(jobId);
      });
    });
    const logs = first.app.get(JobLogStore);
    const append = logs.append.bind(logs);
    const storing = new Promise<void>((resolve) => {
      jest.spyOn(logs, 'append').mockImplementationOnce(async (...chunks) => {
        resolve();
        // Until the other comes too early, which it must not: so there is a bound to the wait.
        await Promise.race([claimed, once(AbortSignal.timeout(1000), 'abort')]);
        await append(...chunks);
        order.push('stored');
      });
    });
    // Which of the two takes the job is chance: the second has its hands full until the first is about to go.
    const wake = jest.spyOn(second.app.get(DispatchLoop), 'wake').mockImplementation(() => undefined);
    const { id } = await run(first, 'echo one\nsleep 0.1\necho two');
    await storing;
    wake.mockRestore();
    await first.close();
    const execution = await until(second, id, ({ endedAt }) => endedAt !== null);
    expect(order).toEqual(['stored', 'claimed']);
    expectWhole(await logOf(second, execution), { one: 1, two: 1 });
    await second.close();
  });

  it('leaves what has ended meanwhile to be recorded by the next', async () => {
    const first = await start();
    const { id } = await run(first, 'echo one\nsleep 0.5\necho two');
    await until(first, id, ({ jobs }) => jobs[0]?.logEntries === 1);
    await first.close();
    const second = await start();
    const execution = await until(second, id, ({ endedAt }) => endedAt !== null);
    expect(execution.state).toBe('succeeded');
    expectWhole(await logOf(second, execution), { one: 1, two: 1 });
    await second.close();
  });

  it('is cancelled by the next when it was asked while nobody was there', async () => {
    const first = await start();
    const { id } = await run(first, 'sleep 600');
    await until(first, id, ({ jobs }) => jobs[0]?.state === 'running');
    await first.close();
    const second = await start();
    await second.as(user, 'post', `/executions/${id}/cancel`).expect(202);
    await until(second, id, ({ state }) => state === 'cancelled');
    await second.close();
    expect(fake.jobIds).toEqual([]);
  });
});
