import type { ScriptUsage } from '@cronium/execution';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';

import { JobUsageStore } from '../executions/job-usage-store';

const writeMilliseconds = 10_000;
/** Kept for a database that is away; older ones are given up: it is a picture, not the record. */
const mostUnwritten = 120;

/** What one job uses, from its first sample to its end. */
export interface UsageOfJob {
  hear(usage: ScriptUsage): void;
  /** The job has ended, or another process has it. */
  end(): void;
}

interface Following {
  readonly jobId: string;
  last: ScriptUsage | undefined;
  readonly unwritten: ScriptUsage[];
}

/** Keeps what the jobs of this process use: written together, seldom, and at their end. */
@Injectable()
export class UsageRecorder implements OnModuleDestroy {
  private readonly logger = new Logger(UsageRecorder.name);
  private readonly followed = new Map<string, Following>();
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly store: JobUsageStore) {}

  follow(jobId: string): UsageOfJob {
    const following: Following = { jobId, last: undefined, unwritten: [] };
    this.followed.set(jobId, following);
    return {
      hear: (usage) => hear(following, usage),
      end: () => {
        // It may have been let go of and taken up again.
        if (this.followed.get(jobId) === following) this.followed.delete(jobId);
        void this.write([following]);
      },
    };
  }

  /** What the jobs of this process used at last, by their ids. */
  latest(): Map<string, ScriptUsage> {
    const known = new Map<string, ScriptUsage>();
    for (const { jobId, last } of this.followed.values()) if (last) known.set(jobId, last);
    return known;
  }

  @Interval(writeMilliseconds)
  writeAll(): Promise<void> {
    return this.write([...this.followed.values()]);
  }

  async onModuleDestroy(): Promise<void> {
    await this.writeAll();
  }

  /** One after the other, so that a slow database is not asked by several. */
  private write(ofJobs: readonly Following[]): Promise<void> {
    if (ofJobs.some(({ unwritten }) => unwritten.length > 0))
      this.writing = this.writing.then(() => this.writeNow(ofJobs));
    return this.writing;
  }

  private async writeNow(ofJobs: readonly Following[]): Promise<void> {
    const taken = ofJobs
      .filter(({ unwritten }) => unwritten.length > 0)
      .map((one) => ({ one, jobId: one.jobId, samples: one.unwritten.splice(0) }));
    try {
      await this.store.append(taken);
    } catch (error) {
      this.logger.warn({ err: error }, 'What jobs use could not be written; it is tried again.');
      for (const { one, samples } of taken) one.unwritten.unshift(...samples);
    }
  }
}

function hear(following: Following, usage: ScriptUsage): void {
  const { unwritten } = following;
  following.last = usage;
  unwritten.push(usage);
  unwritten.splice(0, unwritten.length - mostUnwritten);
}
