import { httpResource } from '@angular/common/http';
import {
  DOCUMENT,
  DestroyRef,
  Injectable,
  computed,
  effect,
  inject,
  linkedSignal,
  signal,
  untracked,
} from '@angular/core';
import { isActive, type Execution, type Job } from '@cronium/contracts';

import { toApiProblem } from '../../core/http/problem';
import { Realtime } from '../../core/realtime/realtime';
import { Toasts } from '../../shared/feedback/toasts';
import { ExecutionApi, executionUrl } from './execution-api';
import { LogFeed } from './log/log-feed';

/** A hidden page draws no frames; its log goes on in this time. */
const hiddenFrameMs = 250;
/** Without a socket the page asks instead. */
const pollMs = 3000;

/** One execution and its logs as they are now: read once, then heard over the socket. Provided by its page. */
@Injectable()
export class LiveExecution {
  private readonly api = inject(ExecutionApi);
  private readonly realtime = inject(Realtime);
  private readonly document = inject(DOCUMENT);
  private readonly toasts = inject(Toasts);

  readonly id = signal<string | null>(null);
  private readonly loaded = httpResource<Execution>(() => {
    const id = this.id();
    return id === null ? undefined : executionUrl(id);
  });
  private readonly current = linkedSignal<Execution | undefined, Execution | undefined>({
    source: () => (this.loaded.hasValue() ? this.loaded.value() : undefined),
    computation: (read, previous) => newer(previous?.value, read),
  });

  readonly execution = computed(() => {
    const execution = this.current();
    return execution?.id === this.id() ? execution : undefined;
  });
  readonly error = computed(() => (this.execution() === undefined ? this.loaded.error() : undefined));
  readonly feed = computed(() => this.newFeed(this.id()));
  readonly disconnected = computed(() => this.realtime.state() === 'reconnecting');

  constructor() {
    effect((onCleanup) => {
      const id = this.id();
      const feed = this.feed();
      if (id === null) return;
      const stop = untracked(() => this.follow(id, feed));
      onCleanup(() => {
        stop();
        feed.end();
      });
    });
    const timer = setInterval(() => this.poll(), pollMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }

  reload(): void {
    this.loaded.reload();
  }

  private follow(id: string, feed: LogFeed): () => void {
    const hear = (execution: Execution) => {
      if (execution.id === id) this.current.update((before) => newer(before, execution));
    };
    return this.realtime.follow({
      execution: id,
      after: () => feed.after(),
      listeners: {
        log: (message, shown) => {
          if (message.executionId === id) feed.receive(message, shown);
          else shown();
        },
        'execution.updated': hear,
        'execution.finished': hear,
        'job.started': ({ executionId, job }) => executionId === id && this.hearJob(job),
        'job.finished': ({ executionId, job }) => executionId === id && this.hearJob(job),
      },
      refused: (answer) => this.toasts.show(`The output cannot be followed live. ${answer.message}`),
    });
  }

  private hearJob(job: Job): void {
    this.current.update((execution) => {
      if (execution === undefined) return undefined;
      const jobs = execution.jobs.map((known) =>
        known.id === job.id && isActive(known.state) ? job : known,
      );
      return { ...execution, jobs };
    });
  }

  private newFeed(id: string | null): LogFeed {
    return new LogFeed({
      fetch: (jobId, after) => this.api.log(jobId, after),
      nextFrame: (callback) => this.nextFrame(callback),
      failed: (error) => {
        if (id === this.id())
          this.toasts.show(`Part of the log could not be read. ${toApiProblem(error).message}`);
      },
    });
  }

  private nextFrame(callback: () => void): void {
    let called = false;
    const once = () => {
      if (!called) callback();
      called = true;
    };
    if (this.document.visibilityState === 'visible') requestAnimationFrame(once);
    setTimeout(once, hiddenFrameMs);
  }

  private poll(): void {
    const execution = this.execution();
    if (execution === undefined) return;
    if (!this.disconnected()) {
      // Where a job stands in the queue changes with other executions, of which nobody tells.
      const waits = execution.jobs.some(({ queue }) => queue !== null);
      if (waits && this.document.visibilityState === 'visible') this.reload();
      return;
    }
    const feed = this.feed();
    const incomplete = execution.jobs.filter((job) => feed.log(job.id).buffer.lastSeq < job.logEntries);
    if (isActive(execution.state)) this.reload();
    const asked = isActive(execution.state) ? execution.jobs : incomplete;
    for (const job of asked) void feed.fill(job.id);
  }
}

/** What was read before an end was heard does not undo the end. */
function newer(before: Execution | undefined, now: Execution | undefined): Execution | undefined {
  if (now === undefined) return before;
  return before?.id === now.id && !isActive(before.state) && isActive(now.state) ? before : now;
}
