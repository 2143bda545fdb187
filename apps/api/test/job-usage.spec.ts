import { type Execution, type JobUsageSeries, limitsAdviceSchema, type Session } from '@cronium/contracts';
import { DataSource } from 'typeorm';

import { JobUsageStore } from '../src/executions/job-usage-store';
import { onFake, startTestApp, type TestApp } from './test-app';

/** What a job used, second by second: kept with it, for who may see it. */
describe('the usage of a job', () => {
  let app: TestApp;
  let user: Session;
  let eventId: string;
  /** Of which nothing is measured: it ends before anybody has looked. */
  let shortEventId: string;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    user = await app.signIn('USER');
    const local = '019abe00-0000-7000-8000-000000000001';
    const create = async (name: string, content: string): Promise<string> => {
      const event = { name, type: 'BASH', content, serverIds: [local] };
      return ((await app.as(user, 'post', '/events').send(event).expect(201)).body as { id: string }).id;
    };
    eventId = await create('Long', 'sleep 2.5');
    shortEventId = await create('Short', 'exit 0');
  });
  afterAll(() => app.close());

  const run = async (id = eventId): Promise<string> => {
    const answer = await app.as(user, 'post', `/events/${id}/run?wait=30`).send({}).expect(202);
    return (answer.body as Execution).jobs[0]?.id ?? '';
  };
  const series = async (jobId: string, query = ''): Promise<JobUsageSeries> =>
    (await app.as(user, 'get', `/jobs/${jobId}/usage${query}`).expect(200)).body as JobUsageSeries;

  it('is measured while it runs', async () => {
    const jobId = await run();
    // Written beside the record of the end, which does not wait for it.
    while ((await series(jobId)).samples.length === 0) await new Promise(setImmediate);
    const { everySeconds, samples } = await series(jobId);
    expect(everySeconds).toBe(1);
    expect(samples[0]).toEqual({
      at: expect.any(String),
      cpuPercent: expect.any(Number),
      memoryBytes: 1024 * 1024,
      diskBytes: 0,
    });
  });

  it('of a long job is told in equal stretches: average CPU, most memory and disk', async () => {
    const jobId = await run(shortEventId);
    const begin = new Date('2026-11-26T12:00:00.000Z').getTime();
    const samples = Array.from({ length: 100 }, (_, second) => ({
      at: new Date(begin + second * 1000),
      cpuPercent: second % 2 === 0 ? 100 : 50,
      memoryBytes: second * 1_000_000_000,
      diskBytes: 7,
      outputBytes: 0,
      processes: 1,
    }));
    const store = app.app.get(JobUsageStore, { strict: false });
    await store.append([
      { jobId, samples: samples.slice(0, 60) },
      { jobId, samples: samples.slice(60) },
    ]);
    expect(await series(jobId, '?samples=10')).toEqual({
      enforcement: [],
      everySeconds: 10,
      samples: Array.from({ length: 10 }, (_, stretch) => ({
        at: new Date(begin + stretch * 10_000).toISOString(),
        cpuPercent: 75,
        memoryBytes: (stretch * 10 + 9) * 1_000_000_000,
        diskBytes: 7,
      })),
    });
  });

  it('gives advice on the limits of its event', async () => {
    await run();
    const path = `/events/${eventId}/limits/advice`;
    const advice = limitsAdviceSchema.parse((await app.as(user, 'get', path).expect(200)).body as unknown);
    expect(advice.jobs).toBeGreaterThan(0);
    expect(advice.memoryMb?.suggested).toBeGreaterThanOrEqual(32);
    expect(advice.timeoutSeconds?.suggested).toBeGreaterThanOrEqual(10);
    const other = await app.signIn('USER', 'other@example.com');
    await app.as(other, 'get', path).expect(404);
  });

  it('is for who may see the job, in bounds', async () => {
    const jobId = await run();
    const stranger = await app.signIn('USER', 'stranger@example.com');
    const admin = await app.signIn('ADMIN');
    await app.as(stranger, 'get', `/jobs/${jobId}/usage`).expect(404);
    await app.as(admin, 'get', `/jobs/${jobId}/usage`).expect(200);
    await app.as(user, 'get', `/jobs/${jobId}/usage?samples=5`).expect(400);
    await app.as(user, 'get', `/jobs/${jobId}/usage?samples=1001`).expect(400);
    await app.as(user, 'get', `/jobs/${jobId}/usage?other=1`).expect(400);
  });

  it('goes with its execution', async () => {
    const jobId = await run();
    const database = app.app.get(DataSource);
    await database.query('DELETE FROM executions WHERE id = (SELECT execution_id FROM jobs WHERE id = $1)', [
      jobId,
    ]);
    await app.as(user, 'get', `/jobs/${jobId}/usage`).expect(404);
    const left = await database.query<unknown[]>('SELECT 1 FROM job_usage WHERE job_id = $1', [jobId]);
    expect(left).toEqual([]);
  });
});
