import { Component, DOCUMENT, computed, effect, inject, signal } from '@angular/core';
import {
  Router,
  RouterLink,
  RouterLinkActive,
  RouterOutlet,
  type IsActiveMatchOptions,
} from '@angular/router';
import { mdiChevronLeft, mdiChevronRight, mdiLoading, mdiMagnify } from '@mdi/js';

import { Dialogs } from '../../shared/dialog/dialogs';
import { Notice } from '../../shared/feedback/notice';
import { Icon } from '../../shared/icon/icon';
import { SessionStore } from '../auth/session';
import { signInTree } from '../auth/auth-guard';
import { AlertBell } from './alert-bell';
import { LocalExecution } from './local-execution';
import { destinationsFor } from './navigation';
import { MorePlaces } from './more-places';
import { PersonMenu } from './person-menu';
import { RunningCount } from './running-count';
import { WhereTitle } from './where';

const railKey = 'cronium.rail';
const anyQuery = { queryParams: 'ignored', fragment: 'ignored', matrixParams: 'ignored' } as const;

/** What surrounds every page: the rail, the top bar, and the places that hold on all of them. */
@Component({
  selector: 'cr-shell',
  imports: [AlertBell, Icon, MorePlaces, Notice, PersonMenu, RouterLink, RouterLinkActive, RouterOutlet],
  providers: [LocalExecution, RunningCount],
  templateUrl: './shell.html',
  styleUrl: './shell.scss',
  host: { '(document:keydown)': 'openPaletteByKey($event)', '[class.collapsed]': 'collapsed()' },
})
export class Shell {
  private readonly dialogs = inject(Dialogs);
  private readonly document = inject(DOCUMENT);
  private paletteOpen = false;

  protected readonly where = inject(WhereTitle).crumbs;
  protected readonly localExecution = inject(LocalExecution);
  protected readonly running = inject(RunningCount);
  protected readonly collapsed = signal(localStorage.getItem(railKey) === 'collapsed');
  private readonly session = inject(SessionStore);
  protected readonly destinations = computed(() => destinationsFor(this.session.user()?.role));
  /** A place is active on the pages below it, too; every page is below the first. */
  protected readonly within: IsActiveMatchOptions = { ...anyQuery, paths: 'subset' };
  protected readonly exactly: IsActiveMatchOptions = { ...anyQuery, paths: 'exact' };
  /** In the bar at the bottom of a phone; the others are behind “More”. */
  protected readonly placesOnPhone = 4;
  protected readonly icons = {
    left: mdiChevronLeft,
    right: mdiChevronRight,
    search: mdiMagnify,
    turn: mdiLoading,
  };
  protected readonly paletteKeys = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K';

  constructor() {
    const router = inject(Router);
    effect(() => {
      const state = this.session.state();
      if (state.kind !== 'signed-out') return;
      void router.navigateByUrl(state.expired ? signInTree(router, router.url) : '/sign-in');
    });
  }

  protected toggleRail(): void {
    this.collapsed.update((collapsed) => !collapsed);
    localStorage.setItem(railKey, this.collapsed() ? 'collapsed' : 'open');
  }

  protected skipToContent(event: Event): void {
    event.preventDefault();
    this.document.getElementById('content')?.focus();
  }

  protected openPaletteByKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    void this.openPalette();
  }

  protected async openPalette(): Promise<void> {
    if (this.paletteOpen) return;
    this.paletteOpen = true;
    try {
      const { CommandPalette } = await import('../palette/command-palette');
      await this.dialogs.open(CommandPalette, {
        width: '600px',
        position: { top: '12vh' },
        ariaLabel: 'Search and commands',
      });
    } finally {
      this.paletteOpen = false;
    }
  }
}
