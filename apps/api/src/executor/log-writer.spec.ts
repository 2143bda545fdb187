import type { ScriptOutput } from '@cronium/execution';

import type { LogChunk } from '../executions/job-log-store';
import { LogWriter } from './log-writer';

let frame = 0;
const output = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): ScriptOutput => ({
  seq: (frame += 1),
  stream,
  at: new Date(0),
  data: Buffer.from(text),
});

/** A store whose statements end when the test says so. */
class SlowStore {
  readonly batches: { chunks: readonly LogChunk[]; frame: number }[] = [];
  private release: (() => void) | undefined;

  readonly store = (chunks: readonly LogChunk[], reached: number): Promise<void> => {
    this.batches.push({ chunks, frame: reached });
    return new Promise((resolve) => (this.release = resolve));
  };

  async next(): Promise<void> {
    this.release?.();
    await new Promise(setImmediate);
  }
}

describe('LogWriter', () => {
  beforeEach(() => {
    frame = 0;
  });

  it('stores the first piece at once, and what came meanwhile in one batch', async () => {
    const slow = new SlowStore();
    const writer = new LogWriter(0, slow.store);
    const first = writer.write(output('a\n'));
    const others = [writer.write(output('b\n')), writer.write(output('c'))];
    expect(slow.batches).toHaveLength(1);
    await slow.next();
    await first;
    expect(slow.batches).toHaveLength(2);
    expect(slow.batches[1]).toMatchObject({ frame: 3, chunks: [{ firstSeq: 2, lastSeq: 3 }] });
    expect(slow.batches[1]?.chunks[0]?.data.toString()).toBe('b\nc');
    await slow.next();
    await Promise.all(others);
  });

  it('keeps the streams apart and in order', async () => {
    const slow = new SlowStore();
    const writer = new LogWriter(10, slow.store);
    const writes = [output('x\n'), output('e\n', 'stderr'), output('y\n')].map((piece) =>
      writer.write(piece),
    );
    await slow.next();
    await slow.next();
    await Promise.all(writes);
    const chunks = slow.batches.flatMap((batch) => batch.chunks);
    expect(chunks.map(({ firstSeq, stream }) => [firstSeq, stream])).toEqual([
      [11, 'stdout'],
      [12, 'stderr'],
      [13, 'stdout'],
    ]);
  });

  it('rejects what was not stored, and all that follows, when the store fails', async () => {
    const writer = new LogWriter(0, () => Promise.reject(new Error('disk full')));
    const writes = await Promise.allSettled([writer.write(output('a')), writer.write(output('b'))]);
    expect(writes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(writer.write(output('c'))).rejects.toThrow('disk full');
  });
});
