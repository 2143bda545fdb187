import { RecordingObserver } from '../contract/recording-observer';
import { never } from '../contract/script-request';
import { deferred } from '../deferred';
import { ExecutorDisconnectedError } from '../execution-error';
import { type Placement, RunnerExit } from './job-ground';
import { Reconnector } from './reconnector';
import type { RunnerChannel } from './runner-channel';
import { RunnerLostError, RunnerSession } from './runner-session';
import { ScriptRun } from './script-run';

class FakeChannel implements RunnerChannel {
  closed = false;
  listen = () => undefined;
  send = () => undefined;
  diagnostics = () => '';
  close = () => void (this.closed = true);
}

const loss = new RunnerLostError('The connection was cut.');

function lostRun(reconnect: Placement['reconnect']) {
  const run = new ScriptRun(new RecordingObserver(), never, 0);
  const placement: Placement = {
    location: {},
    session: new RunnerSession(new FakeChannel()),
    sent: () => undefined,
    prepare: () => Promise.resolve(),
    reconnect,
    remove: () => Promise.resolve(),
    release: () => undefined,
  };
  return { run, reconnector: new Reconnector(run, placement, 31) };
}

describe('Reconnector', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('closes a connection that it finds after the job was let go', async () => {
    const found = deferred<RunnerSession>();
    const channel = new FakeChannel();
    const { run, reconnector } = lostRun(() => found.promise);
    const letGo = expect(run.result).rejects.toBeInstanceOf(ExecutorDisconnectedError);
    reconnector.reconnect(loss);
    await jest.advanceTimersByTimeAsync(0);
    run.fail(new ExecutorDisconnectedError());
    await letGo;
    found.resolve(new RunnerSession(channel));
    await jest.advanceTimersByTimeAsync(0);
    expect(channel.closed).toBe(true);
  });

  it('tries as long as it has patience, and then calls the script lost', async () => {
    const reconnect = jest.fn(() => Promise.reject(new Error('no engine')));
    const { run, reconnector } = lostRun(reconnect);
    const lost = expect(run.result).rejects.toMatchObject({ code: 'script_lost' });
    reconnector.reconnect(loss);
    await jest.advanceTimersByTimeAsync(25_000);
    expect(run.isSettled).toBe(false);
    await jest.advanceTimersByTimeAsync(5_000);
    await lost;
    expect(reconnect).toHaveBeenCalledTimes(12);
  });

  it.each([
    [false, { rejected: { code: 'script_lost' } }],
    [true, { end: { kind: 'out_of_memory' } }],
  ])('knows how a runner ended that is gone (out of memory: %s)', async (outOfMemory, expected) => {
    const { run, reconnector } = lostRun(() =>
      Promise.resolve(new RunnerExit(outOfMemory, 'It was killed.')),
    );
    const outcome = run.result.catch((rejected: unknown) => ({ rejected }));
    reconnector.reconnect(loss);
    await jest.advanceTimersByTimeAsync(0);
    expect(await outcome).toMatchObject(expected);
  });
});
