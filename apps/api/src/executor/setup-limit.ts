import type { ClaimedJob } from '../executions/job-store';

/** What a server has to start a script, from the moment a worker takes the job. A script that runs already needs no set-up. */
export class SetupLimit {
  private readonly control = new AbortController();
  private readonly timer: NodeJS.Timeout | undefined;
  /** Whether the script has started, or will not. */
  isDone = false;

  constructor(job: Pick<ClaimedJob, 'handle' | 'event'>) {
    if (job.handle) return;
    this.timer = setTimeout(() => this.control.abort(), job.event.setupTimeoutSeconds * 1000);
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.control.signal;
  }

  get isOver(): boolean {
    return this.control.signal.aborted;
  }

  /** The script has started, or will not. */
  end(): void {
    this.isDone = true;
    clearTimeout(this.timer);
  }
}
