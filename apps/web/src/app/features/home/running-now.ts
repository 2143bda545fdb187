import { Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { DashboardSummary } from '@cronium/contracts';

import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';

/** What runs at this moment, the newest first. */
@Component({
  selector: 'cr-running-now',
  imports: [LiveDuration, RouterLink, StateChip],
  template: `
    <ul>
      @for (run of running().items; track run.id) {
        <li data-testid="running-now">
          <a [routerLink]="['/executions', run.id]">
            <cr-state-chip plain [state]="run.state" />
            <span class="name">{{ run.eventName }}</span>
            <cr-live-duration class="muted" [from]="run.startedAt ?? run.createdAt" />
          </a>
        </li>
      } @empty {
        <li class="none muted">Nothing runs at this moment.</li>
      }
      @if (running().count > running().items.length) {
        <li class="none">
          <a routerLink="/executions" [queryParams]="{ state: 'running' }">All {{ running().count }}</a>
        </li>
      }
    </ul>
  `,
  styleUrl: './run-rows.scss',
})
export class RunningNow {
  readonly running = input.required<DashboardSummary['running']>();
}
