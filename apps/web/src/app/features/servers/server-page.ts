import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { ExecutionSummary, Server, ServerJobs as Jobs } from '@cronium/contracts';
import type { HostKey } from '@cronium/server-types';
import {
  mdiCogOutline,
  mdiConsole,
  mdiDeleteOutline,
  mdiPencilOutline,
  mdiRefresh,
  mdiShareVariantOutline,
} from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { toApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { serverLooks } from '../../shared/look/looks';
import { pagedList } from '../../shared/paging/paged-list';
import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';
import { BytesPipe } from '../../shared/size/bytes';
import { TimeAgo } from '../../shared/time/time-ago';
import { HealthMark } from '../../shared/health/health-mark';
import { mayEditServer } from './may-edit';
import { ServerApi, executionsUrl, serverJobsUrl, serverUrl } from './server-api';
import { ServerFacts } from './server-facts';
import { ServerHistory } from './server-history';
import { ServerJobs } from './server-jobs';
import { ServerUsage } from './server-usage';

const refreshMs = 5000;

/** One server: whether it works, what runs there, how it is reached, and who may use it. */
@Component({
  selector: 'cr-server-page',
  imports: [
    BytesPipe,
    HealthMark,
    Icon,
    LiveDuration,
    LoadError,
    Notice,
    RouterLink,
    ServerFacts,
    ServerHistory,
    ServerJobs,
    ServerUsage,
    Skeleton,
    StateChip,
    TimeAgo,
  ],
  templateUrl: './server-page.html',
  styleUrl: './server-page.scss',
})
export class ServerPage {
  private readonly api = inject(ServerApi);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);
  private readonly session = inject(SessionStore);
  private readonly toasts = inject(Toasts);

  readonly id = input.required<string>();

  protected readonly loaded = httpResource<Server>(() => serverUrl(this.id()));
  protected readonly server = computed(() => (this.loaded.hasValue() ? this.loaded.value() : undefined));
  protected readonly manages = computed(() => this.server()?.access === 'manage');
  protected readonly edits = computed(() => mayEditServer(this.server(), this.session.user()));
  protected readonly jobs = httpResource<Jobs>(() => serverJobsUrl(this.id()));
  protected readonly executions = pagedList<ExecutionSummary>(executionsUrl, () => ({ serverId: this.id() }));
  protected readonly checking = signal(false);
  protected readonly looks = serverLooks;
  protected readonly icons = {
    check: mdiRefresh,
    delete: mdiDeleteOutline,
    edit: mdiPencilOutline,
    settings: mdiCogOutline,
    share: mdiShareVariantOutline,
    terminal: mdiConsole,
  };

  constructor() {
    const where = inject(WhereTitle);
    effect(() => {
      const label = this.server()?.name ?? 'Server';
      untracked(() => where.here({ label: 'Servers', link: '/servers' }, { label }));
    });
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.loaded.isLoading()) {
        this.loaded.reload();
        this.jobs.reload();
        this.executions.reload();
      }
    }, refreshMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }

  protected async check(): Promise<void> {
    this.checking.set(true);
    try {
      const health = await this.api.check(this.id());
      this.toasts.show(
        health.healthy ? 'It is ready.' : `It is not available. ${health.reason?.message ?? ''}`,
      );
      this.loaded.reload();
      this.jobs.reload();
    } catch (error) {
      this.toasts.show(`It could not be checked. ${toApiProblem(error).message}`);
    } finally {
      this.checking.set(false);
    }
  }

  protected async share(server: Server): Promise<void> {
    const { ShareDialog } = await import('./share-dialog');
    await this.dialogs.open(ShareDialog, { data: server, width: '560px' });
  }

  /** Approves the first key of a host, or accepts another one than the pinned. */
  protected async accept(server: Server, hostKey: HostKey): Promise<void> {
    const pinned = server.connection?.hostKey;
    const sure = await this.dialogs.confirm({
      heading: pinned ? 'Accept the changed host key?' : 'Approve this host key?',
      text: `${pinned ? `Before: ${pinned.fingerprint}\nNow: ` : ''}${hostKey.fingerprint} (${hostKey.algorithm})\n\nCompare it with what the host itself says: ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub`,
      action: pinned ? 'Accept the new key' : 'Approve',
      danger: pinned != null,
    });
    if (!sure) return;
    try {
      this.loaded.set(await this.api.approveHostKey(server.id, hostKey));
      await this.check();
    } catch (error) {
      this.toasts.show(`The host key could not be accepted. ${toApiProblem(error).message}`);
    }
  }

  protected async delete(server: Server): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: `Delete “${server.name}”?`,
      text: 'Its credentials and shares are deleted for good. Past executions keep its name.',
      action: 'Delete server',
      danger: true,
    });
    if (sure) await this.deleteConfirmed(server, false);
  }

  private async deleteConfirmed(server: Server, evenIfUsed: boolean): Promise<void> {
    try {
      await this.api.delete(server.id, evenIfUsed);
    } catch (error) {
      const problem = toApiProblem(error);
      if (problem.code !== 'server_in_use') {
        this.toasts.show(`“${server.name}” could not be deleted. ${problem.message}`);
        return;
      }
      const sure = await this.dialogs.confirm({
        heading: 'Events run on it',
        text: problem.message,
        action: 'Delete it all the same',
        danger: true,
      });
      if (sure) await this.deleteConfirmed(server, true);
      return;
    }
    await this.router.navigate(['/servers']);
    this.toasts.show(`“${server.name}” is deleted.`);
  }
}
