import type { LogStream } from '@cronium/contracts';
import type { ScriptOutput } from '@cronium/execution';

import type { LogChunk } from '../executions/job-log-store';
import { countEntries } from '../executions/log-entries';

interface Pending {
  readonly output: ScriptOutput;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Output of one stream is merged into chunks of this size at most, in bytes. */
const chunkBytes = 256 * 1024;
/** Stored in one statement at most, in bytes: bounds the memory a job takes. */
const batchBytes = 1024 * 1024;

/**
 * Numbers a job's output and stores it. The first piece is stored at once; what comes while a batch is being stored makes the next
 * batch, so a quiet script is shown without delay and a loud one costs few statements.
 */
export class LogWriter {
  private pending: Pending[] = [];
  private writing: Promise<void> | undefined;
  private failure: Error | undefined;

  /**
   * @param lastSeq entries already stored, on a resume
   * @param store stores chunks and the runner's frame that they reach
   */
  constructor(
    private lastSeq: number,
    private readonly store: (chunks: readonly LogChunk[], frame: number) => Promise<void>,
  ) {}

  /** Resolves when the output is stored. */
  write(output: ScriptOutput): Promise<void> {
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.pending.push({ output, resolve, reject });
      this.writing ??= this.drain().finally(() => {
        this.writing = undefined;
      });
    });
  }

  private async drain(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.takeBatch();
      try {
        const outputs = batch.map(({ output }) => output);
        await this.store(this.toChunks(outputs), outputs.at(-1)?.seq ?? 0);
        batch.forEach(({ resolve }) => resolve());
      } catch (error) {
        const failure =
          error instanceof Error ? error : new Error('The log could not be stored.', { cause: error });
        this.failure = failure;
        for (const { reject } of [...batch, ...this.pending]) reject(failure);
        this.pending = [];
      }
    }
  }

  private takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { output } of this.pending) {
      if (count > 0 && bytes + output.data.length > batchBytes) break;
      bytes += output.data.length;
      count += 1;
    }
    return this.pending.splice(0, count);
  }

  private toChunks(outputs: readonly ScriptOutput[]): LogChunk[] {
    const groups: { stream: LogStream; at: Date; bytes: number; parts: Buffer[] }[] = [];
    for (const { stream, at, data } of outputs) {
      if (data.length === 0) continue;
      const last = groups.at(-1);
      if (last?.stream === stream && last.bytes + data.length <= chunkBytes) {
        last.parts.push(data);
        last.bytes += data.length;
      } else {
        groups.push({ stream, at, bytes: data.length, parts: [data] });
      }
    }
    return groups.map(({ stream, at, parts }) => {
      const data = Buffer.concat(parts);
      const firstSeq = this.lastSeq + 1;
      this.lastSeq += countEntries(data);
      return { firstSeq, lastSeq: this.lastSeq, stream, at, data };
    });
  }
}
