import {
  type Event,
  type Execution,
  type ExecutionMonitor,
  executionMonitorSchema,
  type Session,
} from '@cronium/contracts';
import request from 'supertest';

import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem } from './expectations';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';
import { ask, connect, heard } from './test-socket';

/** What administrators see of servers and jobs: over all processes, by request and on the socket. */
describe('the execution monitor', () => {
  let installation: Installation;
  let api: TestApp;
  let worker: TestApp;
  let admin: Session;
  let user: Session;

  beforeAll(async () => {
    installation = await createInstallation();
    api = await startTestApp(onFake(), { installation, environment: { CRONIUM_ROLES: 'api' } });
    worker = await startTestApp(onFake(), {
      installation,
      environment: { CRONIUM_ROLES: 'api,scheduler,worker' },
    });
    admin = await api.signIn('ADMIN');
    user = await api.signIn('USER');
  });
  afterAll(async () => {
    await Promise.all([api.close(), worker.close()]);
    await installation.remove();
  });

  const monitor = async (): Promise<ExecutionMonitor> =>
    executionMonitorSchema.parse(
      (await api.as(admin, 'get', '/monitoring/execution').expect(200)).body as unknown,
    );
  const local = ({ servers }: ExecutionMonitor) => {
    const found = servers.find(({ id }) => id === localExecutionId);
    if (!found) throw new Error('Local Execution is not told of.');
    return found;
  };
  const start = async (content: string): Promise<Execution> => {
    const event = (await api.as(user, 'post', '/events').send({ name: 'Long', type: 'BASH', content }))
      .body as Event;
    return (await api.as(user, 'post', `/events/${event.id}/run`).send({}).expect(202)).body as Execution;
  };

  it('tells of servers and jobs that another process runs, with what they use', async () => {
    const { id: executionId, jobs } = await start('sleep 600');
    let server = local(await monitor());
    while (!server.activeJobs[0]?.memoryBytes || server.cpu.limitCores === 0) server = local(await monitor());
    expect(server).toMatchObject({
      name: 'Local Execution',
      type: 'container',
      healthy: true,
      queued: 0,
      cpu: { usedPercent: expect.any(Number), limitCores: expect.any(Number) },
    });
    expect(server.reason).toBeUndefined();
    expect(server.activeJobs).toEqual([
      {
        jobId: jobs[0]?.id,
        executionId,
        eventName: 'Long',
        user: 'Test USER',
        startedAt: expect.any(String),
        cpuPercent: expect.any(Number),
        memoryBytes: 1024 * 1024,
      },
    ]);
    await api.as(user, 'post', `/executions/${executionId}/cancel`).expect(202);
    while (local(await monitor()).activeJobs.length > 0) await new Promise(setImmediate);
  });

  it('is pushed to administrators who ask, until they ask no more', async () => {
    const socket = await connect(api, admin.accessToken);
    const first = heard(socket, 'health');
    expect(await ask(socket, 'subscribe', { health: true })).toEqual({ ok: true });
    expect(local(executionMonitorSchema.parse(await first)).name).toBe('Local Execution');
    const { at } = await heard(socket, 'health');
    expect(Date.now() - Date.parse(at)).toBeLessThan(2000);
    expect(await ask(socket, 'unsubscribe', { health: true })).toEqual({ ok: true });
    socket.disconnect();
  });

  it('is for administrators alone', async () => {
    await request(api.server).get('/api/monitoring/execution').expect(401);
    expectProblem(await api.as(user, 'get', '/monitoring/execution'), 403, 'forbidden');
    const socket = await connect(api, user.accessToken);
    expect(await ask(socket, 'subscribe', { health: true })).toMatchObject({ ok: false, code: 'forbidden' });
    expect(await ask(socket, 'subscribe', { health: false })).toMatchObject({ ok: false });
    socket.disconnect();
  });
});
