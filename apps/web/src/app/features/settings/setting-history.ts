import { Component, effect, input, untracked } from '@angular/core';
import type { SettingChange } from '@cronium/contracts';

import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';
import { pagedList } from '../../shared/paging/paged-list';
import { TimeAgo } from '../../shared/time/time-ago';
import { settingHistoryUrl } from './settings-api';

/** Who changed which setting, when, and from what to what. */
@Component({
  selector: 'cr-setting-history',
  imports: [LoadError, Skeleton, TimeAgo],
  template: `
    <h2>Changes</h2>
    <div class="card">
      @if (changes.items(); as rows) {
        <ul>
          @for (change of rows; track change.id) {
            <li>
              <span class="mono">{{ change.key }}</span>
              <span
                ><code>{{ words(change.before) }}</code> → <code>{{ words(change.after) }}</code></span
              >
              <span class="muted">{{ change.by?.name ?? 'Cronium' }}, <cr-time-ago [at]="change.at" /></span>
            </li>
          } @empty {
            <li class="muted">Nothing has been changed yet.</li>
          }
        </ul>
        @if (changes.hasMore()) {
          <button
            type="button"
            class="button quiet"
            [disabled]="changes.loadingMore()"
            (click)="changes.loadMore()"
          >
            Show older ones
          </button>
        }
      } @else if (changes.error()) {
        <cr-load-error
          heading="The changes could not be loaded"
          [error]="changes.error()"
          (retry)="changes.reload()"
        />
      } @else {
        <cr-skeleton [rows]="3" />
      }
    </div>
  `,
  styles: `
    h2 {
      margin-bottom: var(--space-2);
    }
    ul {
      margin: 0;
      padding: 0;
      list-style: none;
    }
    li {
      display: flex;
      flex-wrap: wrap;
      gap: 4px 16px;
      padding: 10px 16px;
      border-bottom: 1px solid var(--line);
      overflow-wrap: anywhere;
    }
    li:last-child {
      border-bottom: 0;
    }
    li .muted:last-child {
      margin-left: auto;
    }
  `,
})
export class SettingHistory {
  /** Of the settings that are shown: with a new one there is something new to show. */
  readonly version = input.required<number>();

  protected readonly changes = pagedList<SettingChange>(settingHistoryUrl, () => ({}));

  constructor() {
    let seen: number | undefined;
    effect(() => {
      const version = this.version();
      if (seen !== undefined && seen !== version) untracked(() => this.changes.reload());
      seen = version;
    });
  }

  protected words(value: SettingChange['before']): string {
    return value === null ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
  }
}
