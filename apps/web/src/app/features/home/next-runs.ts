import { Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { DashboardSummary } from '@cronium/contracts';

import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks } from '../../shared/look/looks';
import { TimeAgo } from '../../shared/time/time-ago';

/** The next run of each event, the nearest first. */
@Component({
  selector: 'cr-next-runs',
  imports: [Icon, RouterLink, TimeAgo],
  template: `
    <ul>
      @for (run of runs(); track run.eventId) {
        <li data-testid="next-run">
          <a [routerLink]="['/events', run.eventId]" [title]="run.description">
            <cr-icon class="muted" [path]="looks[run.eventType].icon" />
            <span class="name">{{ run.eventName }}</span>
            @if (withOwner()) {
              <span class="muted small owner">{{ run.owner.name }}</span>
            }
            <cr-time-ago class="muted" [at]="run.at" />
          </a>
        </li>
      } @empty {
        <li class="none muted">
          Nothing is planned. <a routerLink="/events">Give an event a schedule</a>, and it runs by itself.
        </li>
      }
    </ul>
  `,
  styleUrl: './run-rows.scss',
})
export class NextRuns {
  readonly runs = input.required<DashboardSummary['nextRuns']>();
  readonly withOwner = input(false);

  protected readonly looks = eventTypeLooks;
}
