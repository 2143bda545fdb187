import type { LogEntry, LogPage } from '@cronium/contracts';

import { LogFeed } from './log-feed';

const entries = (from: number, to: number): LogEntry[] =>
  Array.from({ length: to - from + 1 }, (_, index) => ({
    seq: from + index,
    stream: 'stdout',
    at: '2026-01-01T00:00:00.000Z',
    text: `${from + index}\n`,
  }));
const message = (from: number, to: number) => ({ executionId: 'e', jobId: 'j', entries: entries(from, to) });

/** A feed whose frames the test draws, in front of a stored log. */
function setUp(stored = 0) {
  const frames: (() => void)[] = [];
  const asked: number[] = [];
  const failures: unknown[] = [];
  const server = { stored };
  const feed = new LogFeed({
    fetch: (_, after): Promise<LogPage> => {
      asked.push(after);
      const to = Math.min(after + 10, server.stored);
      return Promise.resolve({ entries: entries(after + 1, to), next: to, complete: false });
    },
    nextFrame: (callback) => frames.push(callback),
    failed: (error) => failures.push(error),
  });
  const draw = () => frames.splice(0).forEach((frame) => frame());
  return { feed, draw, asked, failures, server };
}

describe('LogFeed', () => {
  it('takes in once a frame what came, and tells by a signal', () => {
    const { feed, draw } = setUp();
    const log = feed.log('j');
    feed.receive(message(1, 3), jest.fn());
    feed.receive(message(4, 5), jest.fn());
    expect(log.buffer.length).toBe(0);
    draw();
    expect(log.buffer.length).toBe(5);
    expect(log.version()).toBe(1);
    expect(feed.after()).toEqual({ j: 5 });
  });

  it('fetches what is missing before a message that does not follow', async () => {
    const { feed, draw, asked } = setUp(25);
    feed.receive(message(1, 2), jest.fn());
    feed.receive(message(20, 22), jest.fn());
    draw();
    await feed.fill('j');
    expect(feed.log('j').buffer.lastSeq).toBe(25);
    expect(asked[0]).toBe(2);
    expect(feed.log('j').buffer.length).toBe(25);
  });

  it('acknowledges late when too much waits, so that the server waits too', () => {
    const { feed, draw } = setUp();
    const [first, second] = [jest.fn(), jest.fn()];
    feed.receive(message(1, 15_000), first);
    feed.receive(message(15_001, 30_000), second);
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).not.toHaveBeenCalled();
    draw();
    expect(second).toHaveBeenCalledTimes(1);
    expect(feed.log('j').buffer.length).toBe(30_000);
  });

  it('takes nothing in once it has ended', () => {
    const { feed, draw } = setUp();
    feed.receive(message(1, 3), jest.fn());
    feed.end();
    draw();
    expect(feed.log('j').buffer.length).toBe(0);
  });
});
