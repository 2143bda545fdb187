import { signal } from '@angular/core';
import type { LogEntry, LogMessage, LogPage } from '@cronium/contracts';

import { LogBuffer } from './log-buffer';

/** The log of one job, and a signal that rises with every change of it. */
export class JobLog {
  readonly buffer = new LogBuffer();
  private readonly changes = signal(0);
  readonly version = this.changes.asReadonly();

  changed(): void {
    this.changes.update((version) => version + 1);
  }
}

export interface LogFeedOptions {
  /** `GET /api/jobs/:id/log?after=` */
  readonly fetch: (jobId: string, after: number) => Promise<LogPage>;
  /** Calls back soon, at most once a frame. */
  readonly nextFrame: (callback: () => void) => void;
  readonly failed: (error: unknown) => void;
}

/** Entries that are put in at once; more wait for the next frame, and the server waits with them. */
const entriesAFrame = 20_000;

/**
 * Brings log messages into the buffers of their jobs: once a frame, in order, without doubles, and with what is missing
 * fetched. A message is acknowledged when there is room for the next one.
 */
export class LogFeed {
  private readonly logs = new Map<string, JobLog>();
  private readonly queue: { jobId: string; entries: LogEntry[]; shown: () => void }[] = [];
  private readonly filling = new Map<string, Promise<void>>();
  private queued = 0;
  private scheduled = false;
  private ended = false;

  constructor(private readonly options: LogFeedOptions) {}

  log(jobId: string): JobLog {
    let log = this.logs.get(jobId);
    if (log === undefined) this.logs.set(jobId, (log = new JobLog()));
    return log;
  }

  /** The last entry of each job, for `subscribe`. */
  after(): Record<string, number> {
    return Object.fromEntries([...this.logs].map(([jobId, log]) => [jobId, log.buffer.lastSeq]));
  }

  receive(message: LogMessage, shown: () => void): void {
    const { jobId, entries } = message;
    this.queued += entries.length;
    const hasRoom = this.queued < entriesAFrame;
    this.queue.push({ jobId, entries, shown: hasRoom ? () => {} : shown });
    if (hasRoom) shown();
    this.schedule();
  }

  /** Fetches what follows the last entry, until there is nothing new. */
  fill(jobId: string): Promise<void> {
    const running = this.filling.get(jobId);
    if (running !== undefined) return running;
    const filling = this.fetchAll(jobId)
      .catch((error: unknown) => this.options.failed(error))
      .finally(() => this.filling.delete(jobId));
    this.filling.set(jobId, filling);
    return filling;
  }

  end(): void {
    this.ended = true;
    this.queue.length = 0;
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.options.nextFrame(() => {
      this.scheduled = false;
      this.drain();
    });
  }

  private drain(): void {
    const changed = new Set<JobLog>();
    let taken = 0;
    while (taken < entriesAFrame) {
      const message = this.queue.shift();
      if (message === undefined) break;
      taken += message.entries.length;
      const log = this.log(message.jobId);
      if (log.buffer.append(message.entries)) {
        changed.add(log);
      } else {
        // What the message held comes with what is missing before it.
        void this.fill(message.jobId);
      }
      message.shown();
    }
    this.queued -= taken;
    for (const log of changed) log.changed();
    if (this.queue.length > 0) this.schedule();
  }

  private async fetchAll(jobId: string): Promise<void> {
    const log = this.log(jobId);
    for (;;) {
      const after = log.buffer.lastSeq;
      const page = await this.options.fetch(jobId, after);
      if (this.ended || page.entries.length === 0) return;
      log.buffer.append(page.entries);
      log.changed();
      if (log.buffer.lastSeq === after) return;
    }
  }
}
