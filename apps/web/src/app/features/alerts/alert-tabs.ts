import { Component, computed, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';

import { SessionStore } from '../../core/auth/session';

/** The pages about alerts. */
@Component({
  selector: 'cr-alert-tabs',
  imports: [RouterLink, RouterLinkActive],
  template: `
    <nav aria-label="Alerts">
      @for (tab of tabs(); track tab.path) {
        <a
          [routerLink]="tab.path"
          routerLinkActive="active"
          [routerLinkActiveOptions]="exactly"
          ariaCurrentWhenActive="page"
          >{{ tab.label }}</a
        >
      }
    </nav>
  `,
  styles: `
    :host {
      display: block;
    }
    nav {
      display: flex;
      gap: 4px;
      overflow-x: auto;
      border-bottom: 1px solid var(--line);
    }
    a {
      display: flex;
      align-items: center;
      min-height: var(--control);
      padding: 0 12px;
      border-bottom: 2px solid transparent;
      color: var(--text-muted);
      font-weight: 550;
      white-space: nowrap;
    }
    a:hover {
      color: var(--text);
      text-decoration: none;
    }
    a.active {
      border-bottom-color: var(--accent);
      color: var(--text);
    }
    a:focus-visible {
      outline-offset: -2px;
    }
  `,
})
export class AlertTabs {
  private readonly user = inject(SessionStore).user;

  protected readonly exactly = {
    paths: 'exact',
    queryParams: 'ignored',
    fragment: 'ignored',
    matrixParams: 'ignored',
  } as const;
  protected readonly tabs = computed(() => [
    { path: '/alerts', label: 'Alerts' },
    { path: '/alerts/silences', label: 'Silences' },
    ...(this.user()?.role === 'ADMIN'
      ? [
          { path: '/alerts/rules', label: 'Rules' },
          { path: '/alerts/channels', label: 'Channels' },
          { path: '/alerts/deliveries', label: 'Deliveries' },
        ]
      : []),
  ]);
}
