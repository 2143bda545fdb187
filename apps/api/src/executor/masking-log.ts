import type { LogStream } from '@cronium/contracts';
import type { ScriptOutput } from '@cronium/execution';

import type { SecretMask } from './secret-mask';
import type { StreamMask } from './stream-mask';

interface Held {
  readonly output: ScriptOutput;
  readonly stream: StreamMask;
  /** Where its bytes begin in their stream. */
  readonly start: number;
  /** When it may wait no longer, in milliseconds since the epoch. */
  readonly until: number;
  readonly resolve: (stored: Promise<void>) => void;
}

/** Output whose end may be the beginning of a secret waits this long for what follows, in milliseconds. */
const holdMilliseconds = 100;

/**
 * Masks secrets in a job's output on its way to the log, also where a secret is cut by two reads. A frame whose end may be the beginning of a
 * secret is held back, and with it all that follows in either stream: so the order stays, and nothing is acknowledged that is not stored.
 * When the hold has lasted long enough, what was seen of the secret is stored, and the rest of it is masked when it comes.
 *
 * Whole frames are held, never parts of one: so a resume after a crash repeats or omits nothing. It starts with no memory of the frames
 * before, and a secret that was printed across the very two between which the worker died is not seen.
 */
export class MaskingLog {
  private readonly streams: Readonly<Record<LogStream, StreamMask | null>>;
  private readonly held: Held[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    mask: SecretMask,
    /** Resolves when the output is stored; called in the order of the frames. */
    private readonly store: (output: ScriptOutput) => Promise<void>,
  ) {
    this.streams = { stdout: mask.stream(), stderr: mask.stream() };
  }

  /** Resolves when the output is stored. */
  write(output: ScriptOutput): Promise<void> {
    const stream = this.streams[output.stream];
    if (!stream) return this.store(output);
    const start = stream.length;
    stream.scan(output.data);
    return new Promise((resolve) => {
      this.held.push({ output, stream, start, until: Date.now() + holdMilliseconds, resolve });
      this.release((frame) => frame.start + frame.output.data.length <= frame.stream.settled);
    });
  }

  /** Stores the frames at the front that may go. */
  private release(mayGo: (frame: Held) => boolean): void {
    const stay = this.held.findIndex((frame) => !mayGo(frame));
    const going = this.held.splice(0, stay === -1 ? this.held.length : stay);
    for (const { output, stream, start, resolve } of going) {
      resolve(this.store({ ...output, data: stream.apply(output.data, start) }));
    }
    const [first] = this.held;
    if (going.length > 0 || !first) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
    if (!first) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.release(({ until }) => until <= Date.now());
    }, first.until - Date.now());
  }
}
