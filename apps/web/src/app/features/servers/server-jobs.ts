import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { ServerJob, ServerJobs as Jobs } from '@cronium/contracts';

import { SessionStore } from '../../core/auth/session';
import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';
import { TimeAgo } from '../../shared/time/time-ago';

/** Jobs that run on a server, or are queued for it. One of another person is opened only by administrators, as its execution is. */
@Component({
  selector: 'cr-server-jobs',
  imports: [LiveDuration, RouterLink, StateChip, TimeAgo],
  template: `
    <ul class="card" aria-labelledby="now" data-testid="server-jobs">
      @for (job of jobs().items; track job.id) {
        <li>
          <cr-state-chip plain [state]="job.state" />
          <span class="what">
            @if (mayOpen(job)) {
              <a [routerLink]="['/executions', job.executionId]">{{ job.eventName }}</a>
            } @else {
              <span class="name">{{ job.eventName }}</span>
            }
            <span class="muted small">
              {{ job.owner.name }}
              @if (job.waitingFor; as waiting) {
                · has waited <cr-live-duration [from]="waiting.since" [to]="null" /> for the server
              } @else if (job.state === 'queued') {
                · queued <cr-time-ago [at]="job.queuedAt" />
              }
            </span>
          </span>
          <cr-live-duration class="muted small" [from]="job.startedAt" [to]="null" />
        </li>
      } @empty {
        <li class="muted">{{ none() }}</li>
      }
      @if (jobs().count > jobs().items.length) {
        <li class="muted">and {{ jobs().count - jobs().items.length }} more</li>
      }
    </ul>
  `,
  styles: `
    ul {
      list-style: none;
      margin: 0;
      padding: 0;
    }
    li {
      display: grid;
      grid-template-columns: 140px 1fr auto;
      gap: 12px;
      align-items: center;
      min-height: var(--row);
      padding: 6px 14px;
      border-bottom: 1px solid var(--line);
    }
    li:last-child {
      border-bottom: 0;
    }
    li.muted {
      display: block;
      padding: 16px;
    }
    .what {
      display: flex;
      flex-wrap: wrap;
      gap: 0 12px;
      align-items: baseline;
      min-width: 0;
      overflow-wrap: anywhere;
    }
    a,
    .name {
      font-weight: 550;
    }
    @media (max-width: 640px) {
      li {
        grid-template-columns: 1fr auto;
        gap: 4px 12px;
      }
      .what {
        grid-row: 2;
        grid-column: 1 / -1;
      }
    }
  `,
})
export class ServerJobs {
  private readonly user = inject(SessionStore).user;

  readonly jobs = input.required<Jobs>();
  /** Whether they are everybody’s. */
  readonly isEverybodys = input.required<boolean>();

  protected readonly none = computed(() =>
    this.isEverybodys() ? 'Nothing runs here now.' : 'Nothing of yours runs here now.',
  );

  protected mayOpen({ owner }: ServerJob): boolean {
    const user = this.user();
    return user?.role === 'ADMIN' || user?.id === owner.id;
  }
}
