import { isActive, type LogEntry, type LogPage, type LogQuery, type LogStream } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type Caller, mayAccessOwned } from '../auth/policy';
import { notFound } from '../http/domain-error';
import { Execution } from './execution.entity';
import { Job } from './job.entity';
import { JobLogStore } from './job-log-store';
import { toEntries } from './log-entries';

/** Read at a time: enough for thousands of lines, little enough to hold for many readers. */
const pageBytes = 1024 * 1024;
const chunksAtATime = 500;

@Injectable()
export class JobLogsService {
  constructor(
    private readonly database: DataSource,
    private readonly store: JobLogStore,
  ) {}

  async page(caller: Caller, jobId: string, query: LogQuery): Promise<LogPage> {
    const job = await this.find(caller, jobId);
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
    await this.find(caller, jobId);
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

  private async find(caller: Caller, jobId: string): Promise<Job> {
    const job = await this.database.getRepository(Job).findOneBy({ id: jobId });
    const owned = job && (await this.database.getRepository(Execution).findOneBy({ id: job.executionId }));
    if (!job || !owned || !mayAccessOwned(caller, owned)) throw notFound('job', jobId);
    return job;
  }
}
