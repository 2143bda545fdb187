import { isActive, type LogEntry, type LogPage, type LogQuery, type LogStream } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';

import type { Caller } from '../auth/policy';
import { JobAccess } from './job-access';
import { JobLogStore } from './job-log-store';
import { toEntries } from './log-entries';

/** Read at a time: enough for thousands of lines, little enough to hold for many readers. */
const pageBytes = 1024 * 1024;
const chunksAtATime = 500;

@Injectable()
export class JobLogsService {
  constructor(
    private readonly access: JobAccess,
    private readonly store: JobLogStore,
  ) {}

  async page(caller: Caller, jobId: string, query: LogQuery): Promise<LogPage> {
    const job = await this.access.find(caller, jobId);
    const entries = await this.entriesAfter(jobId, query.after, query.limit);
    const next = entries.at(-1)?.seq ?? query.after;
    return { entries, next, complete: !isActive(job.state) && next >= job.logEntries };
  }

  /** Stored entries after `seq`: a full page, or fewer when the log is shorter or the entries are long. Authorisation is the caller's. */
  async entriesAfter(jobId: string, seq: number, limit: number): Promise<LogEntry[]> {
    const entries: LogEntry[] = [];
    for (const chunk of await this.store.read(jobId, seq, chunksAtATime, pageBytes)) {
      if (entries.length >= limit) break;
      entries.push(...toEntries(chunk, seq, limit - entries.length));
    }
    return entries;
  }

  /** The whole log so far, as the script wrote it, piece by piece. */
  async raw(caller: Caller, jobId: string, stream: LogStream | undefined): Promise<AsyncGenerator<Buffer>> {
    await this.access.find(caller, jobId);
    return this.pieces(jobId, stream);
  }

  private async *pieces(jobId: string, stream: LogStream | undefined): AsyncGenerator<Buffer> {
    let seq = 0;
    for (;;) {
      const chunks = await this.store.read(jobId, seq, chunksAtATime, pageBytes);
      if (chunks.length === 0) return;
      for (const chunk of chunks) {
        if (stream === undefined || chunk.stream === stream) yield chunk.data;
        seq = chunk.lastSeq;
      }
    }
  }
}
