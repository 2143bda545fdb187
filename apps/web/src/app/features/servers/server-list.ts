import { Component, computed, inject, input } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { routes, type Server } from '@cronium/contracts';
import { mdiClose, mdiPlus, mdiRefresh, mdiServerOff } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { apiUrl } from '../../core/http/api-url';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Icon } from '../../shared/icon/icon';
import { serverLooks } from '../../shared/look/looks';
import { queueWords } from '../../shared/look/queue-words';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { opensRow } from '../../shared/paging/row-click';
import { TimeAgo } from '../../shared/time/time-ago';
import { HealthMark } from '../../shared/health/health-mark';

/** Where jobs can run, whether they can now, and how busy it is there. */
@Component({
  selector: 'cr-server-list',
  imports: [HealthMark, Icon, ListFrame, Placeholder, RouterLink, TimeAgo],
  templateUrl: './server-list.html',
  styleUrl: './server-list.scss',
})
export class ServerList {
  private readonly router = inject(Router);
  private readonly role = inject(SessionStore).user()?.role;

  readonly scope = input<string>();
  readonly tag = input<string>();

  protected readonly filter = addressFilters();
  protected readonly isAdmin = this.role === 'ADMIN';
  protected readonly mayAdd = this.role !== 'VIEWER';
  protected readonly showsAll = computed(() => this.isAdmin && this.scope() === 'all');
  protected readonly servers = pagedList<Server>(apiUrl(routes.servers), () => ({
    scope: this.showsAll() ? 'all' : undefined,
    tag: this.tag(),
  }));
  protected readonly looks = serverLooks;
  protected readonly queueWords = queueWords;
  protected readonly icons = { add: mdiPlus, close: mdiClose, none: mdiServerOff, refresh: mdiRefresh };

  protected open(click: MouseEvent, server: Server): void {
    if (opensRow(click)) void this.router.navigate(['/servers', server.id]);
  }
}
