import { Component, computed, inject } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import {
  mdiAccountOutline,
  mdiCheck,
  mdiLogoutVariant,
  mdiThemeLightDark,
  mdiWeatherNight,
  mdiWhiteBalanceSunny,
} from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import { roleWords } from '../../shared/look/looks';
import { SessionStore } from '../auth/session';
import { Theme, type ThemeChoice } from '../theme/theme';

/** Who is signed in, the theme, and the way out. */
@Component({
  selector: 'cr-person-menu',
  imports: [Icon, MatMenuModule, RouterLink],
  template: `
    @if (user(); as person) {
      <button
        type="button"
        class="person"
        [matMenuTriggerFor]="menu"
        [attr.aria-label]="'Account of ' + person.name"
        data-testid="person-menu"
      >
        {{ initials() }}
      </button>
      <mat-menu #menu xPosition="before">
        <div class="who">
          <strong>{{ person.name }}</strong>
          <span class="muted small">{{ person.email }}</span>
          <span class="muted small">{{ roleWords[person.role] }}</span>
        </div>
        @for (choice of themes; track choice.value) {
          <button
            mat-menu-item
            role="menuitemradio"
            [attr.aria-checked]="theme.choice() === choice.value"
            (click)="theme.choose(choice.value)"
          >
            <span class="item">
              <cr-icon [path]="choice.icon" /><span class="word">{{ choice.word }}</span>
              @if (theme.choice() === choice.value) {
                <cr-icon [path]="check" />
              }
            </span>
          </button>
        }
        <hr />
        <a mat-menu-item routerLink="/account">
          <span class="item"><cr-icon [path]="account" />Your account</span>
        </a>
        <button mat-menu-item (click)="session.signOut()">
          <span class="item"><cr-icon [path]="logout" />Sign out</span>
        </button>
      </mat-menu>
    }
  `,
  styles: `
    .person {
      display: grid;
      place-items: center;
      width: 34px;
      height: 34px;
      border: 0;
      border-radius: 50%;
      background: var(--accent-soft);
      color: var(--on-accent-soft);
      font: 620 0.75rem var(--font);
      cursor: pointer;
    }
    .who {
      display: flex;
      flex-direction: column;
      min-width: 220px;
      padding: 8px 14px 12px;
      margin-bottom: 6px;
      border-bottom: 1px solid var(--line);
    }
    .item {
      display: flex;
      align-items: center;
      gap: 10px;
    }
    .word {
      flex: 1;
    }
    hr {
      margin: 6px 0;
      border: 0;
      border-top: 1px solid var(--line);
    }
    @media (max-width: 640px) {
      .person {
        width: 40px;
        height: 40px;
      }
    }
  `,
})
export class PersonMenu {
  protected readonly session = inject(SessionStore);
  protected readonly theme = inject(Theme);
  protected readonly user = this.session.user;
  protected readonly roleWords = roleWords;
  protected readonly account = mdiAccountOutline;
  protected readonly check = mdiCheck;
  protected readonly logout = mdiLogoutVariant;
  protected readonly themes: readonly { value: ThemeChoice; word: string; icon: string }[] = [
    { value: 'system', word: 'As the system', icon: mdiThemeLightDark },
    { value: 'light', word: 'Light', icon: mdiWhiteBalanceSunny },
    { value: 'dark', word: 'Dark', icon: mdiWeatherNight },
  ];

  protected readonly initials = computed(() => {
    const words = (this.user()?.name ?? '').split(/\s+/).filter((word) => word !== '');
    const letters = words.length > 1 ? [words[0]?.[0], words.at(-1)?.[0]] : [words[0]?.slice(0, 2)];
    return letters.join('').toUpperCase();
  });
}
