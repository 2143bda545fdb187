import { DOCUMENT, Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { isActive, type Execution } from '@cronium/contracts';

import { toApiProblem } from '../../core/http/problem';
import { Realtime } from '../../core/realtime/realtime';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';
import { TimeAgo } from '../../shared/time/time-ago';
import { ExecutionApi } from './execution-api';
import { LogFeed } from './log/log-feed';
import { LogView } from './log/log-view';

/** One execution, live: its state and figures, then the log of the chosen job with the remaining height. */
@Component({
  selector: 'cr-execution-page',
  imports: [LiveDuration, LoadError, LogView, Notice, RouterLink, Skeleton, StateChip, TimeAgo],
  templateUrl: './execution-page.html',
  styleUrl: './execution-page.scss',
})
export class ExecutionPage {
  private readonly api = inject(ExecutionApi);
  private readonly realtime = inject(Realtime);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);
  private readonly router = inject(Router);
  private readonly document = inject(DOCUMENT);

  readonly id = input.required<string>();

  protected readonly execution = signal<Execution | undefined>(undefined);
  protected readonly error = signal<Error | undefined>(undefined);
  protected readonly chosen = signal<string | undefined>(undefined);
  protected readonly feed = signal(this.newFeed());
  private readonly attempt = signal(0);

  protected readonly active = computed(() => isActive(this.execution()?.state ?? 'skipped'));
  protected readonly job = computed(() => {
    const jobs = this.execution()?.jobs ?? [];
    return jobs.find(({ id }) => id === this.chosen()) ?? jobs[0];
  });
  protected readonly log = computed(() => this.feed().log(this.job()?.id ?? ''));
  protected readonly phases = computed(() => {
    const job = this.job();
    if (!job) return [];
    return [
      { name: 'Queued', from: job.queuedAt, to: job.startingAt ?? job.endedAt },
      { name: 'Starting', from: job.startingAt, to: job.startedAt ?? job.endedAt },
      { name: 'Running', from: job.startedAt, to: job.scriptEndedAt ?? job.endedAt },
      { name: 'Finishing', from: job.scriptEndedAt, to: job.endedAt },
    ].filter(({ from }) => from !== null);
  });
  protected readonly figures = computed(() => {
    const job = this.job();
    const usage = job?.usage;
    return [
      ['Exit code', job?.exitCode],
      ['Signal', job?.signal],
      ['CPU', usage && `${Math.round(usage.cpuUserMs + usage.cpuSystemMs)} ms`],
      ['Peak memory', usage && `${(usage.peakMemoryBytes / 1048576).toFixed(1)} MiB`],
      ['Output', job && `${job.logEntries} lines, ${(job.logBytes / 1024).toFixed(1)} KiB`],
    ].filter(([, value]) => value !== undefined);
  });

  constructor() {
    effect((onCleanup) => {
      const execution = this.id();
      this.attempt();
      const feed = untracked(() => this.begin());
      const leave = this.realtime.follow({
        execution,
        after: () => feed.after(),
        listeners: {
          log: (message, shown) =>
            message.executionId === execution ? feed.receive(message, shown) : undefined,
          'execution.updated': (update) => this.show(update),
        },
        refused: (answer) => this.error.set(new Error(answer.message)),
      });
      this.api.read(execution).then(
        (read) => this.show(read),
        (error: unknown) => this.error.set(toApiProblem(error)),
      );
      onCleanup(() => {
        leave();
        feed.end();
      });
    });
  }

  protected retry(): void {
    this.attempt.update((attempt) => attempt + 1);
  }

  protected async cancel(execution: Execution): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: 'Cancel this run?',
      text: `“${execution.eventName}” is asked to stop, and ended by force when it goes on. Its log so far is kept.`,
      action: 'Cancel run',
    });
    if (!sure) return;
    await this.attemptTo(async () => this.show(await this.api.cancel(execution.id)));
  }

  protected async runAgain({ eventId, input: given }: Execution): Promise<void> {
    if (eventId === null) return;
    await this.attemptTo(async () => {
      const { id } = await this.api.runAgain(eventId, given);
      await this.router.navigate(['/executions', id]);
    });
  }

  protected async download(jobId: string): Promise<void> {
    await this.attemptTo(async () => {
      const url = URL.createObjectURL(await this.api.rawLog(jobId));
      const link = this.document.createElement('a');
      link.href = url;
      link.download = `job-${jobId}.log`;
      link.click();
      URL.revokeObjectURL(url);
    });
  }

  protected asJson(value: unknown): string {
    return JSON.stringify(value, null, 2);
  }

  private begin(): LogFeed {
    this.execution.set(undefined);
    this.error.set(undefined);
    const feed = this.newFeed();
    this.feed.set(feed);
    return feed;
  }

  private newFeed(): LogFeed {
    return new LogFeed({
      fetch: (jobId, after) => this.api.log(jobId, after),
      nextFrame: (callback) => void requestAnimationFrame(callback),
      failed: (error) => this.toasts.show(`The log could not be loaded. ${toApiProblem(error).message}`),
    });
  }

  private show(execution: Execution): void {
    if (execution.id === this.id()) this.execution.set(execution);
  }

  private async attemptTo(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.toasts.show(toApiProblem(error).message);
    }
  }
}
