import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import {
  idSchema,
  routes,
  type EventSummary,
  type Page,
  type QueuedJob,
  type Server,
} from '@cronium/contracts';
import {
  mdiCalendarClockOutline,
  mdiClose,
  mdiFilterOffOutline,
  mdiHumanQueue,
  mdiRefresh,
  mdiServerOutline,
} from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { apiUrl } from '../../core/http/api-url';
import { Realtime } from '../../core/realtime/realtime';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { priorityWords } from '../../shared/look/looks';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { opensRow } from '../../shared/paging/row-click';
import { ordinal, positionOf } from '../../shared/queue/turn-words';
import { TimeAgo } from '../../shared/time/time-ago';
import { ExpectedStart } from './expected-start';
import { QueueApi, queueUrl } from './queue-api';
import { groupsOf } from './queue-groups';
import { WaitReasonMark } from './wait-reason';

const pageSize = 100;
const refreshMs = 5000;
/** Of what is heard, much comes at once. */
const hearMs = 700;

/** What waits, where and why, by server; server and event are in the address. */
@Component({
  selector: 'cr-queue-page',
  imports: [ExpectedStart, Icon, ListFrame, Placeholder, RouterLink, TimeAgo, WaitReasonMark],
  templateUrl: './queue-page.html',
  styleUrl: './queue-page.scss',
})
export class QueuePage {
  private readonly api = inject(QueueApi);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  private readonly user = inject(SessionStore).user;

  readonly serverId = input<string>();
  readonly eventId = input<string>();

  protected readonly filter = addressFilters();
  protected readonly jobs = pagedList<QueuedJob>(queueUrl, () => ({
    serverId: idSchema.safeParse(this.serverId()).data,
    eventId: idSchema.safeParse(this.eventId()).data,
    limit: String(pageSize),
  }));
  protected readonly groups = computed(() => groupsOf(this.jobs.items() ?? []));
  private readonly servers = httpResource<Page<Server>>(() => ({
    url: apiUrl(routes.servers),
    params: { limit: 200, scope: this.isAdmin() ? 'all' : 'usable' },
  }));
  private readonly events = httpResource<Page<EventSummary>>(() => ({
    url: apiUrl(routes.events),
    params: { limit: 200 },
  }));
  protected readonly serverChoices = computed(() => {
    const known = this.servers.hasValue() ? this.servers.value().items : [];
    return withChosen(known, this.serverId(), this.jobs.items()?.[0]?.server.name ?? 'This server');
  });
  protected readonly eventChoices = computed(() => {
    const known = this.events.hasValue() ? this.events.value().items : [];
    return withChosen(known, this.eventId(), this.jobs.items()?.[0]?.eventName ?? 'This event');
  });
  protected readonly filtered = computed(() => !!this.serverId() || !!this.eventId());
  protected readonly isAdmin = computed(() => this.user()?.role === 'ADMIN');
  protected readonly mayCancel = computed(() => this.user()?.role !== 'VIEWER');
  protected readonly columns = computed(() => 6 + (this.isAdmin() ? 1 : 0) + (this.mayCancel() ? 2 : 0));

  /** Executions, since what is cancelled is an execution with all its jobs. */
  private readonly picked = signal<ReadonlySet<string>>(new Set());
  /** Of what was picked, what still waits. */
  protected readonly chosen = computed(() => {
    const picked = this.picked();
    return [...new Map(this.jobs.items()?.map((job) => [job.executionId, job])).values()].filter(
      ({ executionId }) => picked.has(executionId),
    );
  });
  private readonly chosenIds = computed(() => new Set(this.chosen().map(({ executionId }) => executionId)));
  protected readonly allChosen = computed(() => {
    const jobs = this.jobs.items() ?? [];
    return jobs.length > 0 && jobs.every(({ executionId }) => this.chosenIds().has(executionId));
  });
  protected readonly cancelling = signal(false);
  /** A refresh would take away what was loaded beyond the first page. */
  protected readonly refreshes = computed(() => (this.jobs.items()?.length ?? 0) <= pageSize);

  protected readonly priorityWords = priorityWords;
  protected readonly icons = {
    cancel: mdiClose,
    empty: mdiHumanQueue,
    event: mdiCalendarClockOutline,
    filter: mdiFilterOffOutline,
    refresh: mdiRefresh,
    server: mdiServerOutline,
  };

  constructor() {
    let heard: ReturnType<typeof setTimeout> | undefined;
    const refresh = () => {
      heard = undefined;
      if (document.visibilityState === 'visible' && this.refreshes() && !this.jobs.loading())
        this.jobs.reload();
    };
    const silence = inject(Realtime).listen({
      'execution.listed': () => (heard ??= setTimeout(refresh, hearMs)),
    });
    const timer = setInterval(refresh, refreshMs);
    inject(DestroyRef).onDestroy(() => {
      silence();
      clearTimeout(heard);
      clearInterval(timer);
    });
  }

  protected turnOf({ queue }: QueuedJob): string | null {
    const position = queue && positionOf(queue);
    return position === null ? null : ordinal(position);
  }

  protected isChosen({ executionId }: QueuedJob): boolean {
    return this.chosenIds().has(executionId);
  }

  protected toggle({ executionId }: QueuedJob): void {
    const now = new Set(this.chosenIds());
    if (!now.delete(executionId)) now.add(executionId);
    this.picked.set(now);
  }

  protected toggleAll(): void {
    const all = this.jobs.items()?.map(({ executionId }) => executionId);
    this.picked.set(this.allChosen() ? new Set() : new Set(all));
  }

  protected chooseNone(): void {
    this.picked.set(new Set());
  }

  protected clearFilters(): void {
    this.filter({ serverId: '', eventId: '' });
  }

  protected open(click: MouseEvent, job: QueuedJob): void {
    const isChoice = click.target instanceof Element && click.target.closest('label, input') !== null;
    if (!isChoice && opensRow(click)) void this.router.navigate(['/executions', job.executionId]);
  }

  protected async cancel(jobs: readonly QueuedJob[]): Promise<void> {
    const [first] = jobs;
    if (!first || this.cancelling()) return;
    const many = jobs.length > 1;
    const sure = await this.dialogs.confirm({
      heading: many ? `Cancel ${jobs.length} runs?` : `Cancel “${first.eventName}”?`,
      text: many
        ? `They will not start, on any of their servers:\n${names(jobs)}`
        : 'It will not start, on any of its servers. What of it runs already is stopped.',
      action: many ? `Cancel ${jobs.length} runs` : 'Cancel run',
      decline: many ? 'Let them wait' : 'Let it wait',
      danger: true,
    });
    if (!sure) return;
    this.cancelling.set(true);
    const failures = await this.api.cancelAll(jobs.map(({ executionId }) => executionId));
    this.cancelling.set(false);
    this.picked.set(new Set());
    this.jobs.reload();
    const [failure] = failures;
    if (failure) {
      const which = many ? `${failures.length} of ${jobs.length} runs` : `“${first.eventName}”`;
      this.toasts.show(`${which} could not be cancelled. ${failure.message}`);
    } else {
      this.toasts.show(many ? `${jobs.length} runs are cancelled.` : `“${first.eventName}” is cancelled.`);
    }
  }
}

const named = 6;

/** Each event once, with how many there are of it. */
function names(jobs: readonly QueuedJob[]): string {
  const counts = new Map<string, number>();
  for (const { eventName } of jobs) counts.set(eventName, (counts.get(eventName) ?? 0) + 1);
  const lines = [...counts].map(([name, count]) => `• ${name}${count > 1 ? ` (${count} runs)` : ''}`);
  const more = lines.length - named;
  return [...lines.slice(0, named), ...(more > 0 ? [`and ${more} more events`] : [])].join('\n');
}

/** What is chosen by the address is in the choice also when it is not among those that were read. */
function withChosen(
  known: readonly { id: string; name: string }[],
  chosen: string | undefined,
  name: string,
): readonly { id: string; name: string }[] {
  const choices = known.map((one) => ({ id: one.id, name: one.name }));
  if (!chosen || choices.some(({ id }) => id === chosen)) return choices;
  return [{ id: chosen, name }, ...choices];
}
