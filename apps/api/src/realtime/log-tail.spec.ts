import type { LogEntry, LogMessage } from '@cronium/contracts';

import { LogTail } from './log-tail';

const entry = (seq: number): LogEntry => ({
  seq,
  stream: 'stdout',
  at: '2026-01-01T00:00:00Z',
  text: `${seq}\n`,
});
const place = { executionId: 'e', jobId: 'j' };

describe('LogTail', () => {
  it('sends what is stored after the viewer’s place, in order, one message at a time', async () => {
    const stored = Array.from({ length: 7 }, (_, index) => entry(index + 1));
    const sent: number[][] = [];
    let underWay = 0;
    const tail = new LogTail(
      place,
      2,
      (_, seq) => Promise.resolve(stored.filter((candidate) => candidate.seq > seq).slice(0, 2)),
      async ({ entries }: LogMessage) => {
        underWay += 1;
        expect(underWay).toBe(1);
        await new Promise(setImmediate);
        sent.push(entries.map(({ seq }) => seq));
        underWay -= 1;
      },
    );
    // Woken twice at once, and once with something new while it sends.
    const woken = [tail.wake(), tail.wake()];
    stored.push(entry(8));
    woken.push(tail.wake());
    await Promise.all(woken);
    expect(sent).toEqual([
      [3, 4],
      [5, 6],
      [7, 8],
    ]);
  });

  it('reads no further once it is stopped', async () => {
    const read = jest.fn((_: string, seq: number) => Promise.resolve([entry(seq + 1)]));
    const tail: LogTail = new LogTail(place, 0, read, () => {
      tail.stop();
      return Promise.resolve();
    });
    await tail.wake();
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('tells when the viewer is gone', async () => {
    const tail = new LogTail(
      place,
      0,
      () => Promise.resolve([entry(1)]),
      () => Promise.reject(new Error('gone')),
    );
    await expect(tail.wake()).rejects.toThrow('gone');
  });
});
