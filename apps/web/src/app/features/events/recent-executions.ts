import { Component, DestroyRef, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { ExecutionSummary } from '@cronium/contracts';

import { Realtime } from '../../core/realtime/realtime';
import { Skeleton } from '../../shared/feedback/skeleton';
import { pagedList } from '../../shared/paging/paged-list';
import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';
import { TimeAgo } from '../../shared/time/time-ago';
import { executionsUrl } from './event-api';

const shown = 6;

/** The last executions of one event, live. */
@Component({
  selector: 'cr-recent-executions',
  imports: [LiveDuration, RouterLink, Skeleton, StateChip, TimeAgo],
  template: `
    @if (executions.items(); as rows) {
      @for (execution of rows; track execution.id) {
        <a class="execution" [routerLink]="['/executions', execution.id]">
          <cr-state-chip plain [state]="execution.state" />
          <cr-time-ago class="muted small" [at]="execution.createdAt" />
          <cr-live-duration class="muted small" [from]="execution.startedAt" [to]="execution.endedAt" />
        </a>
      } @empty {
        <p class="muted small">It has not run yet.</p>
      }
      @if (executions.hasMore()) {
        <a class="small" routerLink="/executions" [queryParams]="{ eventId: eventId() }">All executions</a>
      }
    } @else if (executions.error()) {
      <p class="muted small">They could not be loaded.</p>
    } @else {
      <cr-skeleton [rows]="3" />
    }
  `,
  styles: `
    .execution {
      display: grid;
      grid-template-columns: 1fr auto 64px;
      align-items: center;
      gap: 10px;
      min-height: 34px;
      margin: 0 -8px;
      padding: 0 8px;
      border-radius: var(--radius-small);
      color: inherit;
    }
    .execution:hover {
      background: var(--hover);
      text-decoration: none;
    }
    cr-live-duration {
      text-align: right;
    }
    @media (max-width: 640px) {
      .execution {
        min-height: 44px;
      }
    }
  `,
})
export class RecentExecutions {
  readonly eventId = input.required<string>();

  protected readonly executions = pagedList<ExecutionSummary>(executionsUrl, () => ({
    eventId: this.eventId(),
    limit: String(shown),
  }));

  constructor() {
    const silence = inject(Realtime).listen({
      'execution.listed': (execution) => {
        if (execution.eventId !== this.eventId()) return;
        this.executions.change((rows) => {
          const others = rows.filter((row) => row.id !== execution.id);
          const known = others.length < rows.length;
          if (known) return rows.map((row) => (row.id === execution.id ? execution : row));
          return [execution, ...rows].slice(0, shown);
        });
      },
    });
    inject(DestroyRef).onDestroy(silence);
  }
}
