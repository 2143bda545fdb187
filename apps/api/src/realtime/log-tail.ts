import type { LogEntry, LogMessage } from '@cronium/contracts';

/** Entries a message at most: a screenful many times over, and one frame's work for a browser. */
export const entriesAMessage = 2000;

/**
 * One viewer's view of one job's log. Reads what is stored after its own place and sends it, one message at a time, waiting for the viewer:
 * so entries come in order, without gaps or doubles, whenever the viewer came and however slow it is.
 */
export class LogTail {
  private reading = false;
  private isBehind = false;
  private stopped = false;

  constructor(
    private readonly place: { readonly executionId: string; readonly jobId: string },
    private seq: number,
    private readonly read: (jobId: string, seq: number, limit: number) => Promise<LogEntry[]>,
    /** Resolves when the viewer has shown the message; rejects when it is gone. */
    private readonly send: (message: LogMessage) => Promise<void>,
  ) {}

  /** There may be something new. */
  async wake(): Promise<void> {
    this.isBehind = true;
    if (this.reading) return;
    this.reading = true;
    try {
      await this.catchUp();
    } finally {
      this.reading = false;
    }
  }

  stop(): void {
    this.stopped = true;
  }

  private async catchUp(): Promise<void> {
    while (this.isBehind && !this.stopped) {
      this.isBehind = false;
      const entries = await this.read(this.place.jobId, this.seq, entriesAMessage);
      const last = entries.at(-1);
      if (!last) continue;
      await this.send({ ...this.place, entries });
      this.seq = last.seq;
      this.isBehind = true;
    }
  }
}
