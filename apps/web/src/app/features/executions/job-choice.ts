import { Component, computed, input, output } from '@angular/core';
import type { Job } from '@cronium/contracts';

import { Icon } from '../../shared/icon/icon';
import { serverLooks } from '../../shared/look/looks';
import { StateChip } from '../../shared/state/state-chip';
import { LiveDuration } from '../../shared/time/live-duration';
import { attemptsByServer } from './attempts';

/** Which of an execution’s jobs is looked at: one of its servers, and of that server one of its attempts. Nothing when there is one job. */
@Component({
  selector: 'cr-job-choice',
  imports: [Icon, LiveDuration, StateChip],
  template: `
    @if (servers().length > 1) {
      <div class="jobs card" role="group" aria-label="Servers">
        @for (attempts of servers(); track attempts.last.id) {
          @let one = attempts.last;
          <button
            type="button"
            class="job"
            [attr.aria-pressed]="attempts === shown()"
            (click)="choose.emit(one)"
          >
            <cr-icon class="muted" [path]="serverLooks[one.serverType].icon" />
            <span class="name">{{ one.serverName }}</span>
            <cr-state-chip plain [state]="one.state" />
            <cr-live-duration
              class="muted small"
              [from]="one.startedAt"
              [to]="one.scriptEndedAt ?? one.endedAt"
            />
          </button>
        }
      </div>
    }
    @if (shown(); as attempts) {
      @if (attempts.all.length > 1) {
        <div class="jobs card" role="group" aria-label="Attempts" data-testid="attempts">
          @for (one of attempts.all; track one.id) {
            <button
              type="button"
              class="job"
              [attr.aria-pressed]="one.id === job().id"
              (click)="choose.emit(one)"
            >
              <span class="name">Attempt {{ one.attempt }} of {{ attempts.all.length }}</span>
              <cr-state-chip plain [state]="one.state" />
              <cr-live-duration
                class="muted small"
                [from]="one.startedAt"
                [to]="one.scriptEndedAt ?? one.endedAt"
              />
            </button>
          }
        </div>
      }
    }
  `,
  styles: `
    :host {
      display: contents;
    }
    .jobs {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(min(300px, 100%), 1fr));
      gap: 2px;
      max-height: 140px;
      padding: 4px;
      overflow: auto;
    }
    .job {
      display: flex;
      align-items: center;
      gap: 10px;
      min-height: var(--row);
      padding: 0 10px;
      border: 0;
      border-radius: var(--radius-small);
      background: none;
      color: inherit;
      font: inherit;
      text-align: left;
      cursor: pointer;
    }
    .job:hover {
      background: var(--hover);
    }
    .job[aria-pressed='true'] {
      background: var(--accent-soft);
    }
    .name {
      flex: 1;
      min-width: 0;
      overflow: hidden;
      font-weight: 550;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    @media (max-width: 640px) {
      .jobs {
        flex: none;
        max-height: 40dvh;
      }
    }
  `,
})
export class JobChoice {
  readonly jobs = input.required<readonly Job[]>();
  /** The one that is looked at. */
  readonly job = input.required<Job>();
  readonly choose = output<Job>();

  protected readonly serverLooks = serverLooks;
  protected readonly servers = computed(() => attemptsByServer(this.jobs()));
  protected readonly shown = computed(() => this.servers().find(({ all }) => all.includes(this.job())));
}
