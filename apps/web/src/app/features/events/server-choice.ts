import { Component, computed, input, model, output } from '@angular/core';
import type { FormValueControl, ValidationError } from '@angular/forms/signals';
import type { Server } from '@cronium/contracts';
import { mdiAlertCircleOutline } from '@mdi/js';

import { Skeleton } from '../../shared/feedback/skeleton';
import { Icon } from '../../shared/icon/icon';
import { serverLooks } from '../../shared/look/looks';

/** Which servers the event runs on: each with its type, and why it cannot take a job now. */
@Component({
  selector: 'cr-server-choice',
  imports: [Icon, Skeleton],
  templateUrl: './server-choice.html',
  styleUrl: './server-choice.scss',
})
export class ServerChoice implements FormValueControl<string[]> {
  readonly value = model<string[]>([]);
  readonly touch = output();
  readonly touched = input(false);
  readonly errors = input<readonly ValidationError.WithOptionalFieldTree[]>([]);
  readonly servers = input.required<readonly Server[] | undefined>();
  readonly loadError = input<Error>();
  readonly retry = output();

  /** Chosen, but no longer in the list: deleted, or no longer shared with this person. */
  protected readonly missing = computed(() => {
    const servers = this.servers();
    return servers === undefined
      ? []
      : this.value().filter((id) => !servers.some((server) => server.id === id));
  });
  protected readonly error = computed(() => (this.touched() ? this.errors()[0]?.message : undefined));
  protected readonly looks = serverLooks;
  protected readonly alert = mdiAlertCircleOutline;

  protected toggle(id: string, chosen: boolean): void {
    this.value.update((ids) => (chosen ? [...ids, id] : ids.filter((other) => other !== id)));
    this.touch.emit();
  }
}
