import { Component, computed, input, model, output, signal } from '@angular/core';
import type { FormValueControl, ValidationError } from '@angular/forms/signals';
import type { Server } from '@cronium/contracts';
import { mdiAlertCircleOutline } from '@mdi/js';

import { Skeleton } from '../feedback/skeleton';
import { Icon } from '../icon/icon';
import { serverLooks } from '../look/looks';
import { queueWords } from '../look/queue-words';
import { SearchBox } from '../paging/search-box';

/** With more servers than this a search field is worth its place. */
const searchFrom = 7;

/** A choice of servers, in the order they are chosen: each with its type, its load, and why it cannot take a job now. */
@Component({
  selector: 'cr-server-select',
  imports: [Icon, SearchBox, Skeleton],
  templateUrl: './server-select.html',
  styleUrl: './server-select.scss',
})
export class ServerSelect implements FormValueControl<string[]> {
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
  protected readonly query = signal('');
  protected readonly searchable = computed(() => (this.servers()?.length ?? 0) >= searchFrom);
  /** What matches the search, and whatever is chosen: it must not be forgotten. */
  protected readonly shown = computed(() => {
    const text = this.query().toLowerCase();
    return this.servers()?.filter(
      ({ id, name, tags }) =>
        this.value().includes(id) || [name, ...tags].some((word) => word.toLowerCase().includes(text)),
    );
  });
  protected readonly error = computed(() => (this.touched() ? this.errors()[0]?.message : undefined));
  protected readonly looks = serverLooks;
  protected readonly queueWords = queueWords;
  protected readonly alert = mdiAlertCircleOutline;

  protected toggle(id: string, chosen: boolean): void {
    this.value.update((ids) => (chosen ? [...ids, id] : ids.filter((other) => other !== id)));
    this.touch.emit();
  }
}
