import { Component } from '@angular/core';
import { routes, type Server } from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';
import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Icon } from '../../shared/icon/icon';
import { serverLooks } from '../../shared/look/looks';
import { pagedList } from '../../shared/paging/paged-list';

/** The servers that one may run events on, and how they are. */
@Component({
  selector: 'cr-server-list',
  imports: [Icon, LoadError, Skeleton],
  templateUrl: './server-list.html',
})
export class ServerList {
  protected readonly servers = pagedList<Server>(apiUrl(routes.servers), () => ({}));
  protected readonly looks = serverLooks;
}
