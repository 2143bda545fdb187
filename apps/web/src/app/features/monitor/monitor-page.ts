import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { ExecutionMonitor, MonitoredJob, MonitoredServer } from '@cronium/contracts';
import { mdiClose, mdiPlayBoxMultipleOutline } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { Realtime } from '../../core/realtime/realtime';
import { Chart } from '../../shared/charts/chart';
import { usageCharts, type UsagePoint } from '../../shared/charts/usage-charts';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { opensRow } from '../../shared/paging/row-click';
import { BytesPipe } from '../../shared/size/bytes';
import { LiveDuration } from '../../shared/time/live-duration';
import { EnforcedList } from './enforced-list';
import { MonitorApi, monitorUrl } from './monitor-api';
import { ServerTile } from './server-tile';
import { withSnapshot } from './usage-history';

/** A job with the server that it runs on. */
interface Row extends MonitoredJob {
  readonly serverId: string;
  readonly serverName: string;
}

/** Servers and what runs on them as they are now, pushed every two seconds; for administrators. */
@Component({
  selector: 'cr-monitor-page',
  imports: [
    BytesPipe,
    Chart,
    EnforcedList,
    Icon,
    LiveDuration,
    LoadError,
    Notice,
    Placeholder,
    RouterLink,
    ServerTile,
    Skeleton,
  ],
  templateUrl: './monitor-page.html',
  styleUrl: './monitor-page.scss',
})
export class MonitorPage {
  private readonly api = inject(MonitorApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);
  private readonly router = inject(Router);
  private readonly realtime = inject(Realtime);

  /** The server whose charts are shown, in the address; the first when there is none. */
  readonly server = input<string>();

  protected readonly first = httpResource<ExecutionMonitor>(() => monitorUrl);
  private readonly pushed = signal<ExecutionMonitor | undefined>(undefined);
  private readonly history = signal<ReadonlyMap<string, readonly UsagePoint[]>>(new Map());

  protected readonly now = computed(
    () => this.pushed() ?? (this.first.hasValue() ? this.first.value() : undefined),
  );
  protected readonly isCut = computed(() => this.realtime.state() === 'reconnecting');
  protected readonly chosen = computed<MonitoredServer | undefined>(() => {
    const servers = this.now()?.servers ?? [];
    return servers.find(({ id }) => id === this.server()) ?? servers[0];
  });
  protected readonly charts = computed(() => {
    const server = this.chosen();
    return server ? usageCharts(server.name, this.history().get(server.id) ?? []) : [];
  });
  protected readonly jobs = computed<Row[]>(() =>
    (this.now()?.servers ?? []).flatMap(({ id, name, activeJobs }) =>
      activeJobs.map((job) => ({ ...job, serverId: id, serverName: name })),
    ),
  );
  protected readonly killing = signal<ReadonlySet<string>>(new Set());
  protected readonly icons = { kill: mdiClose, empty: mdiPlayBoxMultipleOutline };

  constructor() {
    const end = this.realtime.watchHealth((snapshot) => {
      this.pushed.set(snapshot);
      this.history.update((before) => withSnapshot(before, snapshot));
    });
    inject(DestroyRef).onDestroy(end);
  }

  protected choose({ id }: MonitoredServer): void {
    void this.router.navigate([], { queryParams: { server: id }, replaceUrl: true });
  }

  protected open(click: MouseEvent, { executionId }: Row): void {
    if (opensRow(click)) void this.router.navigate(['/executions', executionId]);
  }

  protected async kill({ executionId, eventName, user }: Row): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: `Kill “${eventName}”?`,
      text: `It belongs to ${user}. It is told to stop, and killed if it does not, on each of its servers. What it has not finished is lost.`,
      action: 'Kill run',
      decline: 'Let it run',
      danger: true,
    });
    if (!sure) return;
    this.killing.update((before) => new Set(before).add(executionId));
    try {
      await this.api.kill(executionId);
      this.toasts.show(`“${eventName}” is told to stop.`);
    } catch (error) {
      this.killing.update((before) => new Set([...before].filter((id) => id !== executionId)));
      this.toasts.show(`“${eventName}” could not be stopped. ${toApiProblem(error).message}`);
    }
  }
}
