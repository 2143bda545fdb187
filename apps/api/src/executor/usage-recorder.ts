import type { ScriptUsage } from '@cronium/execution';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';

import { JobUsageStore, type UsageSample } from '../executions/job-usage-store';

const writeMilliseconds = 10_000;
/** Kept for a database that is away; older ones are given up: it is a picture, not the record. */
const mostUnwritten = 120;

/** What one job uses, from its first sample to its end. */
export interface UsageOfJob {
  /** Its script was started just now. Not called for one that runs already: what it used before is not known. */
  started(at: Date): void;
  hear(usage: ScriptUsage): void;
  /** The job has ended, or another process has it. */
  end(): void;
}

interface Following {
  readonly jobId: string;
  before: Pick<ScriptUsage, 'at' | 'cpuMs'> | undefined;
  unwritten: UsageSample[];
}

/** Keeps what the jobs of this process use: written together, seldom, and at their end. */
@Injectable()
export class UsageRecorder implements OnModuleDestroy {
  private readonly logger = new Logger(UsageRecorder.name);
  private readonly followed = new Map<string, Following>();
  private writing: Promise<void> = Promise.resolve();

  constructor(private readonly store: JobUsageStore) {}

  follow(jobId: string): UsageOfJob {
    const following: Following = { jobId, before: undefined, unwritten: [] };
    this.followed.set(jobId, following);
    return {
      started: (at) => (following.before = { at, cpuMs: 0 }),
      hear: (usage) => hear(following, usage),
      end: () => {
        // It may have been let go of and taken up again.
        if (this.followed.get(jobId) === following) this.followed.delete(jobId);
        void this.write([following]);
      },
    };
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

function hear(following: Following, { at, cpuMs, memoryBytes, diskBytes }: ScriptUsage): void {
  const { before, unwritten } = following;
  following.before = { at, cpuMs };
  const elapsed = before ? at.getTime() - before.at.getTime() : 0;
  if (!before || elapsed <= 0) return;
  const cpuPercent = Math.max(0, (100 * (cpuMs - before.cpuMs)) / elapsed);
  unwritten.push({ at, cpuPercent, memoryBytes, diskBytes });
  unwritten.splice(0, unwritten.length - mostUnwritten);
}
