import { httpResource } from '@angular/common/http';
import { Component, computed, inject, linkedSignal, signal } from '@angular/core';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import type { BlockedEvents, Server, ServerShares, ShareLevel } from '@cronium/contracts';
import { mdiAccountPlus, mdiClose } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { BlockedEventList } from '../../shared/blocked-events/blocked-event-list';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { ServerApi, sharesUrl } from './server-api';

interface Row {
  readonly email: string;
  /** Empty for one that was just written. */
  readonly name: string;
  readonly level: ShareLevel;
}

/** Who else may use or manage a server. Saved as a whole. */
@Component({
  selector: 'cr-share-dialog',
  imports: [BlockedEventList, Icon, LoadError, MatDialogModule, Notice, Skeleton],
  template: `
    <h2 mat-dialog-title>Share “{{ server.name }}”</h2>
    <mat-dialog-content class="content">
      @if (blocked(); as events) {
        <cr-notice tone="warning" heading="Saved. These events lost their server and do not run now">
          <cr-blocked-event-list [events]="events" />
        </cr-notice>
      } @else if (rows(); as list) {
        @if (problem(); as text) {
          <cr-notice tone="error">{{ text }}</cr-notice>
        }
        <form class="add" (submit)="$event.preventDefault(); add(email.value); email.value = ''">
          <input
            #email
            class="input"
            type="email"
            aria-label="E-mail of a user"
            placeholder="E-mail of a user"
            required
          />
          <button type="submit" class="button"><cr-icon [path]="icons.add" />Add</button>
        </form>
        <ul>
          @for (row of list; track row.email) {
            <li>
              <span class="who">
                <span>{{ row.name || row.email }}</span>
                @if (row.name) {
                  <span class="muted small">{{ row.email }}</span>
                }
              </span>
              <select
                #level
                class="input"
                [attr.aria-label]="'What ' + row.email + ' may do'"
                (change)="change(row.email, level.value)"
              >
                <option value="use" [selected]="row.level === 'use'">may use it</option>
                <option value="manage" [selected]="row.level === 'manage'">may manage it</option>
              </select>
              <button
                type="button"
                class="button quiet icon"
                [attr.aria-label]="'Do not share with ' + row.email"
                (click)="remove(row.email)"
              >
                <cr-icon [path]="icons.remove" />
              </button>
            </li>
          } @empty {
            <li class="muted">Only {{ server.owner?.name ?? 'its owner' }} and administrators have it.</li>
          }
        </ul>
        <p class="muted small">
          Who may manage it sees how it is reached, changes it and shares it. Nobody reads a stored secret
          back.
        </p>
      } @else if (shares.error()) {
        <cr-load-error
          heading="The shares could not be loaded"
          [error]="shares.error()"
          (retry)="shares.reload()"
        />
      } @else {
        <cr-skeleton [rows]="3" />
      }
    </mat-dialog-content>
    <mat-dialog-actions align="end">
      @if (blocked()) {
        <button type="button" class="button primary" mat-dialog-close>Close</button>
      } @else {
        <button type="button" class="button" mat-dialog-close>Cancel</button>
        <button type="button" class="button primary" [disabled]="!dirty() || busy()" (click)="save()">
          {{ busy() ? 'Saving…' : 'Save' }}
        </button>
      }
    </mat-dialog-actions>
  `,
  styles: `
    .content {
      display: flex;
      flex-direction: column;
      gap: 12px;
    }
    .add,
    li {
      display: flex;
      gap: 8px;
      align-items: center;
    }
    ul {
      margin: 0;
      padding: 0;
      list-style: none;
    }
    li {
      padding: 6px 0;
      border-bottom: 1px solid var(--line);
    }
    .who {
      display: flex;
      flex: 1;
      flex-direction: column;
      min-width: 0;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    select.input {
      width: auto;
    }
    mat-dialog-actions {
      gap: 8px;
    }
  `,
})
export class ShareDialog {
  private readonly api = inject(ServerApi);
  private readonly dialog = inject<MatDialogRef<unknown>>(MatDialogRef);
  private readonly toasts = inject(Toasts);

  protected readonly server = inject<Server>(MAT_DIALOG_DATA);
  protected readonly shares = httpResource<ServerShares>(() => sharesUrl(this.server.id));
  private readonly saved = computed<readonly Row[] | undefined>(() =>
    this.shares.hasValue()
      ? this.shares.value().items.map(({ user, level }) => ({ email: user.email, name: user.name, level }))
      : undefined,
  );
  protected readonly rows = linkedSignal(() => this.saved());
  protected readonly dirty = computed(() => JSON.stringify(this.rows()) !== JSON.stringify(this.saved()));
  protected readonly busy = signal(false);
  protected readonly problem = signal<string | null>(null);
  protected readonly blocked = signal<BlockedEvents | null>(null);
  protected readonly icons = { add: mdiAccountPlus, remove: mdiClose };

  protected add(written: string): void {
    const email = written.trim();
    this.rows.update((rows = []) =>
      email === '' || rows.some((row) => row.email.toLowerCase() === email.toLowerCase())
        ? rows
        : [...rows, { email, name: '', level: 'use' }],
    );
  }

  protected change(email: string, level: string): void {
    this.rows.update((rows) =>
      rows?.map((row) =>
        row.email === email ? { ...row, level: level === 'manage' ? 'manage' : 'use' } : row,
      ),
    );
  }

  protected remove(email: string): void {
    this.rows.update((rows) => rows?.filter((row) => row.email !== email));
  }

  protected async save(): Promise<void> {
    this.busy.set(true);
    this.problem.set(null);
    try {
      const items = (this.rows() ?? []).map(({ email, level }) => ({ email, level }));
      const { blockedEvents } = await this.api.share(this.server.id, { items });
      if (blockedEvents.count > 0) this.blocked.set(blockedEvents);
      else {
        this.dialog.close();
        this.toasts.show(`“${this.server.name}” is shared as you said.`);
      }
    } catch (error) {
      this.problem.set(toApiProblem(error).message);
    } finally {
      this.busy.set(false);
    }
  }
}
