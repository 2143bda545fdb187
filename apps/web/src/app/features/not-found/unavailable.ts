import { Component, computed, inject, input, signal } from '@angular/core';
import { Router } from '@angular/router';
import { mdiLanDisconnect, mdiRefresh } from '@mdi/js';

import { safeReturn } from '../../core/auth/auth-guard';
import { SessionStore } from '../../core/auth/session';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Icon } from '../../shared/icon/icon';

/** The API did not answer when the application started. */
@Component({
  selector: 'cr-unavailable',
  imports: [Icon, Placeholder],
  template: `
    <main>
      <cr-placeholder [icon]="icons.disconnected" heading="Cronium does not answer" role="alert">
        {{ reason() }}
        <button actions type="button" class="button primary" [disabled]="trying()" (click)="retry()">
          <cr-icon [path]="icons.refresh" />Try again
        </button>
      </cr-placeholder>
    </main>
  `,
  styles: `
    main {
      display: grid;
      place-items: center;
      min-height: 100dvh;
    }
  `,
})
export class Unavailable {
  private readonly session = inject(SessionStore);
  private readonly router = inject(Router);

  readonly returnTo = input<string>();

  protected readonly trying = signal(false);
  protected readonly icons = { disconnected: mdiLanDisconnect, refresh: mdiRefresh };
  protected readonly reason = computed(() => {
    const state = this.session.state();
    return state.kind === 'unavailable' ? state.problem.message : 'The server could not be reached.';
  });

  protected async retry(): Promise<void> {
    this.trying.set(true);
    await this.session.refresh();
    this.trying.set(false);
    if (this.session.state().kind !== 'unavailable')
      await this.router.navigateByUrl(safeReturn(this.returnTo()));
  }
}
