import { Component, computed, inject } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import type { Alert } from '@cronium/contracts';
import { mdiBellOutline, mdiEyeCheckOutline } from '@mdi/js';

import { severityLooks } from '../../shared/alert/alert-looks';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { TimeAgo } from '../../shared/time/time-ago';
import { SessionStore } from '../auth/session';
import { toApiProblem } from '../http/problem';
import { OpenAlertsNow } from './open-alerts';

/** How many alerts nobody has acknowledged, and the most severe of them. */
@Component({
  selector: 'cr-alert-bell',
  imports: [Icon, MatMenuModule, RouterLink, TimeAgo],
  providers: [OpenAlertsNow],
  template: `
    <button
      type="button"
      class="bell"
      [matMenuTriggerFor]="menu"
      [attr.aria-label]="label()"
      data-testid="alert-bell"
    >
      <cr-icon [path]="icons.bell" />
      @if (open.count() > 0) {
        <span class="count tabular" [class]="looks[open.severity()].tone" aria-hidden="true">{{
          shown()
        }}</span>
      }
    </button>
    <mat-menu #menu xPosition="before" class="alert-menu">
      <div class="head">{{ label() }}</div>
      @for (alert of open.items(); track alert.id) {
        <div class="row">
          <a mat-menu-item class="alert" [routerLink]="['/alerts', alert.id]" data-testid="bell-alert">
            <span class="line" [class]="looks[alert.severity].tone">
              <cr-icon [path]="looks[alert.severity].icon" [title]="looks[alert.severity].word" />
              <span class="text">
                <span class="title" [title]="alert.title">{{ alert.title }}</span>
                <span class="muted small"
                  >{{ looks[alert.severity].word }} · <cr-time-ago [at]="alert.openedAt"
                /></span>
              </span>
            </span>
          </a>
          @if (mayAcknowledge()) {
            <button
              mat-menu-item
              class="mark"
              title="Acknowledge: you see to it"
              [attr.aria-label]="'Acknowledge ' + alert.title"
              (click)="$event.stopPropagation(); acknowledge(alert)"
            >
              <cr-icon [path]="icons.acknowledge" />
            </button>
          }
        </div>
      } @empty {
        <p class="none muted">Nothing needs you.</p>
      }
      <hr />
      <a mat-menu-item routerLink="/alerts" [queryParams]="{ open: true }"
        ><span class="all">All alerts</span></a
      >
    </mat-menu>
  `,
  styles: `
    .bell {
      position: relative;
      display: grid;
      place-items: center;
      width: 34px;
      height: 34px;
      border: 0;
      border-radius: var(--radius-small);
      background: none;
      color: var(--text-muted);
      cursor: pointer;
    }
    .bell:hover {
      background: var(--hover);
      color: var(--text);
    }
    .count {
      --tone: var(--state-running);
      position: absolute;
      top: 0;
      right: -2px;
      min-width: 17px;
      padding: 0 4px;
      border: 2px solid var(--surface);
      border-radius: 10px;
      background: var(--tone);
      color: var(--surface);
      font: 650 0.6875rem / 15px var(--font);
    }
    .failed {
      --tone: var(--state-failed);
    }
    .warning {
      --tone: var(--state-warning);
    }
    .running {
      --tone: var(--state-running);
    }
    .head {
      padding: 8px 16px 6px;
      font-weight: 600;
    }
    .row {
      display: flex;
      align-items: stretch;
      width: min(380px, calc(100vw - 24px));
    }
    .alert {
      flex: 1;
      min-width: 0;
    }
    .mark {
      width: auto;
      color: var(--text-muted);
    }
    .line {
      display: flex;
      gap: 10px;
      align-items: flex-start;
      padding: 6px 0;
    }
    .line > cr-icon {
      margin-top: 1px;
      color: var(--tone);
    }
    .text {
      display: flex;
      flex-direction: column;
      min-width: 0;
      color: var(--text);
      line-height: 1.35;
    }
    .title {
      display: -webkit-box;
      overflow: hidden;
      -webkit-box-orient: vertical;
      -webkit-line-clamp: 2;
      white-space: normal;
    }
    .none {
      padding: 4px 16px 12px;
      min-width: 240px;
    }
    .all {
      color: var(--accent);
      font-weight: 550;
    }
    hr {
      margin: 4px 0;
      border: 0;
      border-top: 1px solid var(--line);
    }
    @media (max-width: 640px) {
      .bell {
        width: 44px;
        height: 44px;
      }
      .count {
        top: 4px;
        right: 3px;
      }
    }
  `,
})
export class AlertBell {
  private readonly toasts = inject(Toasts);
  private readonly user = inject(SessionStore).user;

  protected readonly open = inject(OpenAlertsNow);
  protected readonly mayAcknowledge = computed(() => this.user()?.role !== 'VIEWER');
  protected readonly shown = computed(() => (this.open.count() > 99 ? '99+' : String(this.open.count())));
  protected readonly label = computed(() => {
    const count = this.open.count();
    if (count === 0) return 'No open alerts';
    return count === 1 ? '1 open alert' : `${count} open alerts`;
  });
  protected readonly looks = severityLooks;
  protected readonly icons = { acknowledge: mdiEyeCheckOutline, bell: mdiBellOutline };

  protected async acknowledge({ id, title }: Alert): Promise<void> {
    try {
      await this.open.acknowledge(id);
    } catch (error) {
      this.toasts.show(`“${title}” could not be acknowledged. ${toApiProblem(error).message}`);
    }
  }
}
