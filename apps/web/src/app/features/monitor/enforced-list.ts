import { Component, DestroyRef, inject } from '@angular/core';
import { RouterLink } from '@angular/router';
import { type EnforcementAction, routes } from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';
import { enforcementFigures, enforcementKindWords } from '../../shared/enforcement/enforcement-words';
import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';
import { pagedList } from '../../shared/paging/paged-list';
import { TimeAgo } from '../../shared/time/time-ago';

const refreshMs = 15_000;

/** What was done because of limits, newest first, with the figures that led to it. */
@Component({
  selector: 'cr-enforced-list',
  imports: [LoadError, RouterLink, Skeleton, TimeAgo],
  template: `
    @if (actions.items(); as items) {
      @if (items.length > 0) {
        <div class="card scroll">
          <table class="table" aria-labelledby="enforced-heading">
            <thead>
              <tr>
                <th scope="col">What</th>
                <th scope="col">Figures</th>
                <th scope="col">Event</th>
                <th scope="col" class="wide">Server</th>
                <th scope="col">When</th>
              </tr>
            </thead>
            <tbody>
              @for (one of items; track one.id) {
                <tr data-testid="enforcement-action">
                  <td>{{ words[one.kind] }}</td>
                  <td class="figures">{{ figures(one) }}</td>
                  <td class="name">
                    @if (one.job; as job) {
                      <a [routerLink]="['/executions', job.executionId]" [title]="job.eventName">{{
                        job.eventName
                      }}</a>
                    } @else {
                      <span class="muted">–</span>
                    }
                  </td>
                  <td class="wide muted">{{ one.server?.name ?? 'deleted' }}</td>
                  <td class="muted"><cr-time-ago [at]="one.at" /></td>
                </tr>
              }
            </tbody>
          </table>
        </div>
        @if (actions.hasMore()) {
          <button
            type="button"
            class="button more"
            [disabled]="actions.loadingMore()"
            (click)="actions.loadMore()"
          >
            {{ actions.loadingMore() ? 'Loading…' : 'Load more' }}
          </button>
        }
      } @else {
        <p class="muted">
          Nothing yet: no job came near a limit, and no machine was short of memory or disk.
        </p>
      }
    } @else if (actions.error()) {
      <cr-load-error
        heading="The record could not be loaded"
        [error]="actions.error()"
        (retry)="actions.reload()"
      />
    } @else {
      <div class="card"><cr-skeleton [rows]="3" /></div>
    }
  `,
  styles: `
    .scroll {
      overflow-x: auto;
    }
    td {
      white-space: nowrap;
    }
    .figures {
      font-variant-numeric: tabular-nums;
    }
    .name {
      max-width: 32ch;
      overflow: hidden;
      text-overflow: ellipsis;
    }
    .more {
      margin-top: 12px;
    }
  `,
})
export class EnforcedList {
  protected readonly actions = pagedList<EnforcementAction>(apiUrl(routes.monitoring.actions), () => ({
    limit: '10',
  }));
  protected readonly words = enforcementKindWords;
  protected readonly figures = enforcementFigures;

  constructor() {
    const timer = setInterval(() => {
      // A reader of older ones is not put back to the first.
      const isFirstPage = (this.actions.items()?.length ?? 0) <= 10;
      if (isFirstPage && document.visibilityState === 'visible' && !this.actions.loading())
        this.actions.reload();
    }, refreshMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
