import { Component, computed, effect, inject, input, linkedSignal, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { isActive, logPlaceSchema, type Execution, type Job } from '@cronium/contracts';
import { mdiClose, mdiHumanQueue, mdiPencilOutline, mdiPlayOutline, mdiReplay } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { CodeEditor } from '../../shared/code-editor/code-editor';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks, serverLooks } from '../../shared/look/looks';
import { QueueTurn } from '../../shared/queue/queue-turn';
import { StartFailures } from '../../shared/queue/start-failures';
import { reasonWords } from '../../shared/queue/turn-words';
import type { RunRequest } from '../../shared/run-dialog/run-dialog';
import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';
import { formatClock, formatExact } from '../../shared/time/relative-time';
import { TimeAgo } from '../../shared/time/time-ago';
import { attemptsByServer, firstToShow } from './attempts';
import { endOf, errorHeading } from '../../shared/state/ends';
import { ExecutionApi } from './execution-api';
import { JobChoice } from './job-choice';
import { JobFigures } from './job-figures';
import { JobResources } from './job-resources';
import { LiveExecution } from './live-execution';
import { LogView } from './log/log-view';
import { PhaseBar } from './phase-bar';
import { LateMark } from './late-mark';
import { TraceMark } from './trace-mark';
import { triggerOf } from './triggers';

type Tab = 'log' | 'input' | 'output' | 'resources';

/** One execution: what and why, how it goes, and its log with all the height that is left. */
@Component({
  selector: 'cr-execution-page',
  imports: [
    CodeEditor,
    Icon,
    JobChoice,
    JobFigures,
    JobResources,
    LateMark,
    LiveDuration,
    LoadError,
    LogView,
    Notice,
    PhaseBar,
    QueueTurn,
    RouterLink,
    Skeleton,
    StateChip,
    TimeAgo,
    TraceMark,
  ],
  providers: [LiveExecution],
  templateUrl: './execution-page.html',
  styleUrl: './execution-page.scss',
})
export class ExecutionPage {
  private readonly api = inject(ExecutionApi);
  private readonly failures = inject(StartFailures);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  protected readonly live = inject(LiveExecution);

  readonly id = input.required<string>();
  /** The job and the entry of its log that are shown at first, as the log search links to them. */
  readonly job = input<string>();
  readonly line = input<string>();

  protected readonly execution = this.live.execution;
  protected readonly active = computed(() => isActive(this.execution()?.state ?? 'succeeded'));
  /** Some servers did well and others did not. */
  protected readonly failedSomewhere = computed(() => this.execution()?.state === 'partial');
  private readonly chosenJob = linkedSignal<unknown, string | null>({
    source: () => [this.id(), this.job(), this.line()],
    computation: () => this.job() ?? null,
  });
  /** The job that is shown: the chosen one, else the first that has something to show. */
  protected readonly shownJob = computed<Job | undefined>(() => {
    const jobs = this.execution()?.jobs;
    return jobs?.find((job) => job.id === this.chosenJob()) ?? firstToShow(jobs ?? []);
  });
  /** The attempt that follows the one that is shown, while it waits. */
  protected readonly nextAttempt = computed(() => {
    const job = this.shownJob();
    const server = attemptsByServer(this.execution()?.jobs ?? []).find(({ all }) => job && all.includes(job));
    return server && server.last !== job && server.last.state === 'queued' ? server.last : undefined;
  });
  protected readonly log = computed(() => {
    const id = this.shownJob()?.id;
    return id === undefined ? undefined : this.live.feed().log(id);
  });
  /** Only in the log that it is in. */
  protected readonly logLine = computed(() => {
    const line = logPlaceSchema.safeParse(Number(this.line())).data;
    return line !== undefined && line > 0 && this.shownJob()?.id === this.job() ? line : undefined;
  });
  protected readonly logLoading = computed(() => {
    const log = this.log();
    log?.version();
    return log !== undefined && log.buffer.lastSeq < (this.shownJob()?.logEntries ?? 0);
  });
  protected readonly tab = linkedSignal<unknown, Tab>({
    source: () => [this.id(), this.line()],
    computation: () => 'log',
  });
  protected readonly inputText = computed(() => pretty(this.execution()?.input));
  protected readonly outputText = computed(() => pretty(this.shownJob()?.output));
  protected readonly cancelling = linkedSignal({ source: this.id, computation: () => false });
  protected readonly busy = signal(false);

  protected readonly tabs: readonly { id: Tab; word: string }[] = [
    { id: 'log', word: 'Log' },
    { id: 'input', word: 'Input' },
    { id: 'output', word: 'Output' },
    { id: 'resources', word: 'Resources' },
  ];
  protected readonly triggerOf = triggerOf;
  protected readonly typeLooks = eventTypeLooks;
  protected readonly serverLooks = serverLooks;
  protected readonly reasonWords = reasonWords;
  protected readonly errorHeading = errorHeading;
  protected readonly endOf = endOf;
  protected readonly isActive = isActive;
  protected readonly icons = {
    cancel: mdiClose,
    queue: mdiHumanQueue,
    edit: mdiPencilOutline,
    again: mdiReplay,
    changed: mdiPlayOutline,
  };

  constructor() {
    effect(() => this.live.id.set(this.id()));
    const where = inject(WhereTitle);
    effect(() => {
      const label = this.execution()?.eventName ?? 'Execution';
      untracked(() => where.here({ label: 'Executions', link: '/executions' }, { label }));
    });
  }

  /** Begins a heading with the attempt, when it is not the first. */
  protected attemptWords({ attempt }: Job): string {
    return attempt === 1 ? '' : `Attempt ${attempt}: `;
  }

  protected exact(at: string): string {
    return formatExact(Date.parse(at));
  }

  protected clockTime(at: string): string {
    return formatClock(Date.parse(at));
  }

  protected choose(job: Job): void {
    this.chosenJob.set(job.id);
  }

  /** Arrow keys move between tabs, as screen readers expect. */
  protected pressTab(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = this.tabs.findIndex((tab) => tab.id === this.tab());
    const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
    if (next === undefined) return;
    this.tab.set(next.id);
    const strip = event.currentTarget instanceof HTMLElement ? event.currentTarget : null;
    strip?.querySelector<HTMLElement>(`[data-tab=${next.id}]`)?.focus();
  }

  protected async cancel(): Promise<void> {
    const execution = this.execution();
    if (execution === undefined) return;
    const sure = await this.dialogs.confirm({
      heading: 'Cancel this run?',
      text: `“${execution.eventName}” is stopped with all its processes. What it wrote so far stays in the log.`,
      action: 'Cancel run',
      decline: 'Let it run',
      danger: true,
    });
    if (!sure) return;
    this.cancelling.set(true);
    try {
      await this.api.cancel(execution.id);
    } catch (error) {
      this.cancelling.set(false);
      this.toasts.show(`The run could not be cancelled. ${toApiProblem(error).message}`);
    }
  }

  /** The version that ran, with its input, on the servers that it ran on. */
  protected async runAgain(where: 'everywhere' | 'where it failed'): Promise<void> {
    const execution = this.execution();
    if (execution === undefined) return;
    await this.start(execution, () => this.api.runAgain(execution.id, where === 'where it failed'));
  }

  /** The event as it is now, with other input or on other servers. */
  protected async runWithChanges(): Promise<void> {
    const execution = this.execution();
    if (execution?.eventId == null) return;
    const { eventId, eventName: name, input } = execution;
    const { RunDialog } = await import('../../shared/run-dialog/run-dialog');
    const data = { name, dirty: false, saved: eventId, input };
    const request = await this.dialogs.open<RunRequest>(RunDialog, { data, width: '560px' });
    if (request) await this.start(execution, () => this.api.run(eventId, request.run));
  }

  private async start(execution: Execution, act: () => Promise<Execution>): Promise<void> {
    this.busy.set(true);
    try {
      const next = await act();
      await this.router.navigate(['/executions', next.id]);
    } catch (error) {
      this.failures.show({ id: execution.eventId ?? '', name: execution.eventName }, error);
    } finally {
      this.busy.set(false);
    }
  }

  protected async downloadLog(job: Job): Promise<void> {
    try {
      const address = URL.createObjectURL(await this.api.rawLog(job.id));
      const link = document.createElement('a');
      link.href = address;
      link.download = `${this.execution()?.eventName ?? 'log'} ${job.id}.log`.replace(/[\\/:*?"<>|]+/g, '-');
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
    } catch (error) {
      this.toasts.show(`The log could not be downloaded. ${toApiProblem(error).message}`);
    }
  }
}

function pretty(value: unknown): string {
  return value === undefined || value === null ? '' : JSON.stringify(value, null, 2);
}
