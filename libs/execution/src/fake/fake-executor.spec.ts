import { describeServerExecutor } from '../contract/describe-server-executor';
import { RecordingObserver } from '../contract/recording-observer';
import { never, scriptRequest } from '../contract/script-request';
import { ExecutionError } from '../execution-error';
import { FakeExecutor, FakeServer } from './fake-executor';

describeServerExecutor('FakeExecutor', () => {
  const server = new FakeServer();
  return Promise.resolve({
    createExecutor: () => new FakeExecutor(server),
    remains: ({ jobId }) => Promise.resolve(server.jobIds.includes(jobId)),
    dispose: () => Promise.resolve(),
  });
});

describe('FakeExecutor', () => {
  it.each([
    ['vanish', { code: 'script_lost' }],
    ['platform_error interpreter_missing', { code: 'interpreter_missing' }],
  ])('rejects as a platform would at "%s"', async (script, error) => {
    await expect(
      new FakeExecutor().executeScript(scriptRequest(script), new RecordingObserver(), never),
    ).rejects.toMatchObject(error);
  });

  it('has outages', async () => {
    const server = new FakeServer();
    server.outage = new ExecutionError('engine_unavailable', 'The engine is down.');
    const executor = new FakeExecutor(server);
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'engine_unavailable' },
    });
    await expect(executor.executeScript(scriptRequest('echo'), new RecordingObserver(), never)).rejects.toBe(
      server.outage,
    );
  });
});
