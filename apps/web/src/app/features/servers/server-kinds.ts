import { Component, inject } from '@angular/core';
import { RouterLink, RouterLinkActive } from '@angular/router';

import { SessionStore } from '../../core/auth/session';

/** What can be added: anybody who adds servers adds hosts, administrators also sandboxes on other machines. */
@Component({
  selector: 'cr-server-kinds',
  imports: [RouterLink, RouterLinkActive],
  template: `
    @if (isAdmin) {
      <nav aria-label="What to add">
        @for (kind of kinds; track kind.link) {
          <a
            [routerLink]="kind.link"
            routerLinkActive="chosen"
            ariaCurrentWhenActive="page"
            [routerLinkActiveOptions]="{ exact: true }"
          >
            <strong>{{ kind.title }}</strong>
            <span class="small muted">{{ kind.note }}</span>
          </a>
        }
      </nav>
    }
  `,
  styles: `
    nav {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(240px, 1fr));
      gap: var(--space-2);
      margin-bottom: var(--space-3);
    }
    a {
      display: flex;
      flex-direction: column;
      gap: 4px;
      padding: 12px;
      border: 1px solid var(--line-strong);
      border-radius: var(--radius);
      background: var(--surface);
      color: inherit;
      text-decoration: none;
    }
    a:hover {
      background: var(--hover);
    }
    .chosen,
    .chosen:hover {
      border-color: var(--accent);
      background: var(--accent-soft);
    }
    strong {
      font-weight: 550;
    }
  `,
})
export class ServerKinds {
  protected readonly isAdmin = inject(SessionStore).user()?.role === 'ADMIN';
  protected readonly kinds = [
    { link: '/servers/new', title: 'A host by SSH', note: 'Scripts run there as a user of that host.' },
    {
      link: '/servers/new/sandboxes',
      title: 'Sandboxes on another machine',
      note: 'Scripts run there as on Local Execution, each in a hardened container.',
    },
  ];
}
