import { Component, computed, input, output } from '@angular/core';
import { mdiAlertOutline, mdiRefresh } from '@mdi/js';

import { Icon } from '../icon/icon';
import { Placeholder } from './placeholder';

/** A view that could not be loaded: cause, remedy, and a retry. */
@Component({
  selector: 'cr-load-error',
  imports: [Icon, Placeholder],
  template: `
    <cr-placeholder role="alert" [icon]="alert" [heading]="heading()">
      {{ text() }}
      <button actions type="button" class="button" (click)="retry.emit()">
        <cr-icon [path]="refresh" />Try again
      </button>
    </cr-placeholder>
  `,
})
export class LoadError {
  readonly error = input<Error>();
  readonly heading = input('This could not be loaded');
  readonly retry = output();

  protected readonly text = computed(() => this.error()?.message ?? '');
  protected readonly alert = mdiAlertOutline;
  protected readonly refresh = mdiRefresh;
}
