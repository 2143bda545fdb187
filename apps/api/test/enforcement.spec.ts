import {
  type EnforcementAction,
  enforcementActionPageSchema,
  type Event,
  type Execution,
  jobUsageSeriesSchema,
  serverSchema,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { ContainerMonitor } from '../src/enforcement/container-monitor';
import { EnforcementActions } from '../src/enforcement/enforcement-actions';
import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem, expectRefused } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;

/** What is done because of limits: of jobs, and of the machine that they run on. */
describe('enforcement', () => {
  let app: TestApp;
  const fake = new FakeServer();
  let admin: Session;
  let user: Session;
  beforeAll(async () => {
    app = await startTestApp(onFake(fake));
    [admin, user] = [await app.signIn('ADMIN'), await app.signIn('USER')];
  });
  afterAll(() => app.close());

  const actions = async (query = ''): Promise<EnforcementAction[]> =>
    enforcementActionPageSchema.parse(
      (await app.as(admin, 'get', `/monitoring/actions${query}`).expect(200)).body as unknown,
    ).items;
  const check = async () =>
    serverSchema.shape.health.parse(
      (await app.as(admin, 'post', `/servers/${localExecutionId}/check`).expect(200)).body as unknown,
    );
  const start = async (content: string): Promise<Execution> => {
    const event = { name: 'Hungry', type: 'BASH', content };
    const { id } = (await app.as(user, 'post', '/events').send(event)).body as Event;
    return (await app.as(user, 'post', `/events/${id}/run`).send({}).expect(202)).body as Execution;
  };
  const read = async (id: string) => (await app.as(user, 'get', `/executions/${id}`)).body as Execution;
  const ended = async (id: string): Promise<Execution> => {
    for (;;) {
      const execution = await read(id);
      if (execution.endedAt !== null) return execution;
    }
  };
  const room = (memory: number, disk: number) => ({
    at: new Date().toISOString(),
    memoryAvailableBytes: memory,
    memoryTotalBytes: 8 * gibibyte,
    diskFreeBytes: disk,
    diskTotalBytes: 100 * gibibyte,
  });

  it('stops admission where the machine is short of memory, says so to who waits, and goes on with a tenth more', async () => {
    fake.host = room(100 * mebibyte, 50 * gibibyte);
    expect(await check()).toMatchObject({
      healthy: true,
      pressure: { resource: 'memory', availableBytes: 100 * mebibyte, floorBytes: 256 * mebibyte },
    });
    const { id } = await start('echo on');
    const [job] = (await read(id)).jobs;
    expect(job).toMatchObject({ state: 'queued', queue: { reason: 'server_short' } });
    expect(job?.queue?.message).toContain(
      '“Local Execution” has only 100 MiB left of memory; below 256 MiB nothing more starts there.',
    );
    const monitor = (await app.as(admin, 'get', '/monitoring/execution')).body as {
      servers: { healthy: boolean; reason?: string }[];
    };
    expect(monitor.servers[0]).toMatchObject({ healthy: true, reason: job?.queue?.message });

    // Enough, and yet not a tenth more.
    fake.host = room(260 * mebibyte, 50 * gibibyte);
    expect(await check()).toMatchObject({ pressure: { availableBytes: 260 * mebibyte } });
    expect((await read(id)).state).toBe('queued');

    fake.host = room(300 * mebibyte, 50 * gibibyte);
    expect((await check())?.pressure).toBeUndefined();
    expect(await ended(id)).toMatchObject({ state: 'succeeded' });
    expect(await actions(`?serverId=${localExecutionId}`)).toMatchObject([
      {
        kind: 'admission_resumed',
        resource: 'memory',
        used: 300 * mebibyte,
        bound: 256 * mebibyte,
        job: null,
      },
      {
        kind: 'admission_stopped',
        resource: 'memory',
        used: 100 * mebibyte,
        server: { name: 'Local Execution' },
      },
    ]);
  });

  it('stops admission for want of disk, where the floor that is set is not 0', async () => {
    fake.host = room(8 * gibibyte, 10 * mebibyte);
    expect(await check()).toMatchObject({ pressure: { resource: 'disk', floorBytes: 1024 * mebibyte } });
    await app.as(admin, 'patch', '/settings').send({ host_min_free_disk_mb: 0 }).expect(200);
    expect((await check())?.pressure).toBeUndefined();
    expectRefused(await app.as(admin, 'patch', '/settings').send({ host_min_free_memory_mb: -1 }), [
      'body.host_min_free_memory_mb',
    ]);
    await app.as(admin, 'patch', '/settings').send({ host_min_free_disk_mb: 1024 }).expect(200);
    fake.host = undefined;
    expect((await check())?.pressure).toBeUndefined();
  });

  it('records the limit that ended a job, with what it had used', async () => {
    const event = { name: 'Endless', type: 'BASH', content: 'sleep 600', timeoutSeconds: 1 };
    const { id } = (await app.as(user, 'post', '/events').send(event)).body as Event;
    const run = (await app.as(user, 'post', `/events/${id}/run`).send({})).body as Execution;
    const { jobs } = await ended(run.id);
    expect(jobs).toMatchObject([{ state: 'timed_out' }]);
    const jobId = jobs[0]?.id ?? '';
    expect(await actions(`?jobId=${jobId}&kind=ended`)).toMatchObject([
      {
        ...{ kind: 'ended', resource: 'time', bound: 1, server: { id: localExecutionId } },
        job: { id: jobId, executionId: run.id, eventName: 'Endless' },
      },
    ]);
    // Its owner sees it with the job.
    const series = await app.as(user, 'get', `/jobs/${jobId}/usage`).expect(200);
    expect(jobUsageSeriesSchema.parse(series.body).enforcement).toContainEqual(
      expect.objectContaining({ kind: 'ended', resource: 'time', bound: 1 }),
    );
  });

  it('warns once of each limit that a job comes near, also when it is told twice', async () => {
    const { id, jobs } = await start('echo quick');
    await ended(id);
    const jobId = jobs[0]?.id ?? '';
    const monitor = app.app.get(ContainerMonitor, { strict: false });
    const limits = { cpu: 1, memoryMb: 100, pids: 10, diskMb: 100, outputMb: 10 };
    const job = { jobId, serverId: localExecutionId, limits, timeoutSeconds: 100 };
    const begin = new Date();
    const usage = {
      at: new Date(begin.getTime() + 79_000),
      cpuPercent: 100,
      memoryBytes: 80 * mebibyte,
      diskBytes: 79 * mebibyte,
      outputBytes: 9 * mebibyte,
      processes: 7,
    };
    const seen = monitor.watch(job);
    seen.started(begin);
    seen.hear(usage);
    await monitor.enforceResourceLimits();
    seen.hear({ ...usage, memoryBytes: 99 * mebibyte });
    await monitor.enforceResourceLimits();
    seen.leave();
    // Another process takes it over.
    const again = monitor.watch(job);
    again.started(begin);
    again.hear(usage);
    await monitor.enforceResourceLimits();
    again.leave();
    expect(
      (await actions(`?jobId=${jobId}`)).map(({ resource, used, bound }) => [resource, used, bound]).sort(),
    ).toEqual([
      ['memory', 80 * mebibyte, 100 * mebibyte],
      ['output', 9 * mebibyte, 10 * mebibyte],
    ]);
  });

  it('goes with its job, and stays when its server goes', async () => {
    const store = app.app.get(EnforcementActions, { strict: false });
    const { id, jobs } = await start('echo quick');
    await ended(id);
    const jobId = jobs[0]?.id ?? '';
    await store.record([
      { kind: 'ended', resource: 'memory', used: 2, bound: 1, serverId: localExecutionId, jobId },
    ]);
    await store.record([{ kind: 'swept', resource: 'sandboxes', used: 3, bound: null, serverId: null }]);
    await app.app.get(DataSource).query('DELETE FROM executions WHERE id = $1', [id]);
    expect(await actions(`?jobId=${jobId}`)).toEqual([]);
    expect(await actions('?kind=swept')).toMatchObject([{ used: 3, bound: null, server: null }]);
    // Of a job that is gone nothing is recorded.
    await store.record([{ kind: 'warned', resource: 'memory', used: 2, bound: 1, serverId: null, jobId }]);
    expect(await actions(`?jobId=${jobId}`)).toEqual([]);
  });

  it('removes what killed runners have left, when it is time for it, and says how much that was', async () => {
    fake.leftovers = { workspaces: 2, bytes: 3 * mebibyte };
    await app.app
      .get(DataSource)
      .query('UPDATE server_health SET swept_at = NULL, next_check_at = now(), checking_until = NULL');
    // Wakes the checks.
    const change = { description: 'Swept' };
    await app.as(admin, 'patch', `/servers/${localExecutionId}`).send(change).expect(200);
    let swept = await actions('?kind=swept&limit=2');
    while (swept[0]?.resource === 'sandboxes') swept = await actions('?kind=swept&limit=2');
    expect(swept.sort((a, b) => a.used - b.used)).toMatchObject([
      { resource: 'workspaces', used: 2, bound: null, server: { id: localExecutionId }, job: null },
      { resource: 'disk', used: 3 * mebibyte, bound: null },
    ]);
    expect(fake.leftovers.workspaces).toBe(0);
  });

  it('is told page by page, to administrators', async () => {
    const first = await app.as(admin, 'get', '/monitoring/actions?limit=2').expect(200);
    const { items, nextCursor } = enforcementActionPageSchema.parse(first.body);
    expect(items).toHaveLength(2);
    const next = await actions(`?limit=2&cursor=${nextCursor ?? ''}`);
    expect(next[0]?.id).not.toBe(items[1]?.id);
    expectProblem(await app.as(user, 'get', '/monitoring/actions'), 403, 'forbidden');
    expectRefused(await app.as(admin, 'get', '/monitoring/actions?kind=maimed'), ['query.kind']);
    expectRefused(await app.as(admin, 'get', '/monitoring/actions?color=red'), ['query']);
  });
});
