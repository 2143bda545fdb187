import { Component, inject, input } from '@angular/core';
import type { Account } from '@cronium/contracts';
import {
  mdiAccountCancelOutline,
  mdiAccountCheckOutline,
  mdiAccountPlus,
  mdiMagnify,
  mdiPencilOutline,
} from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { toApiProblem } from '../../core/http/problem';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { roleWords } from '../../shared/look/looks';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { SearchBox } from '../../shared/paging/search-box';
import { TimeAgo } from '../../shared/time/time-ago';
import { UserApi, usersUrl } from './user-api';

/** Who may sign in, and as what. For administrators. */
@Component({
  selector: 'cr-user-list',
  imports: [Icon, ListFrame, Placeholder, SearchBox, TimeAgo],
  templateUrl: './user-list.html',
  styleUrl: './user-list.scss',
})
export class UserList {
  private readonly api = inject(UserApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);

  readonly search = input<string>();

  protected readonly me = inject(SessionStore).user()?.id;
  protected readonly filter = addressFilters();
  protected readonly users = pagedList<Account>(usersUrl, () => ({ search: this.search() }));
  protected readonly roleWords = roleWords;
  protected readonly icons = {
    add: mdiAccountPlus,
    disable: mdiAccountCancelOutline,
    edit: mdiPencilOutline,
    enable: mdiAccountCheckOutline,
    search: mdiMagnify,
  };

  protected async edit(user: Account | null): Promise<void> {
    const { UserDialog } = await import('./user-dialog');
    const saved = await this.dialogs.open<Account>(UserDialog, { data: user, width: '480px' });
    if (saved === undefined) return;
    this.show(saved);
    this.toasts.show(user === null ? `“${saved.name}” may sign in now.` : `“${saved.name}” is saved.`);
  }

  protected async disable(user: Account): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: `Disable “${user.name}”?`,
      text: `${user.email} is signed out everywhere and cannot sign in again. Events, servers and history stay, and you can enable the user again.`,
      action: 'Disable user',
      danger: true,
    });
    if (sure) await this.setStatus(user, 'DISABLED');
  }

  protected async setStatus(user: Account, status: Account['status']): Promise<void> {
    try {
      this.show(await this.api.update(user.id, { status }));
      this.toasts.show(
        status === 'ACTIVE' ? `“${user.name}” may sign in again.` : `“${user.name}” is disabled.`,
      );
    } catch (error) {
      this.toasts.show(`“${user.name}” could not be changed. ${toApiProblem(error).message}`);
    }
  }

  private show(user: Account): void {
    // The list may have been read before, and come after.
    if (this.users.items() === undefined || this.users.loading()) this.users.reload();
    this.users.change((rows) =>
      rows.some(({ id }) => id === user.id)
        ? rows.map((row) => (row.id === user.id ? user : row))
        : [user, ...rows],
    );
  }
}
