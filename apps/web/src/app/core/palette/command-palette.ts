import { HttpClient, httpResource } from '@angular/common/http';
import { Component, ElementRef, computed, inject, linkedSignal, signal, viewChild } from '@angular/core';
import { MatDialogRef } from '@angular/material/dialog';
import { Router } from '@angular/router';
import { routes, type EventSummary, type Execution, type Page } from '@cronium/contracts';
import { mdiMagnify, mdiPlay, mdiPlus, mdiTextSearch } from '@mdi/js';
import { firstValueFrom } from 'rxjs';

import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks } from '../../shared/look/looks';
import { StartFailures } from '../../shared/queue/start-failures';
import { apiUrl } from '../http/api-url';
import { SessionStore } from '../auth/session';
import { destinationsFor } from '../shell/navigation';

interface Command {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly icon: string;
  readonly act: () => void;
}

const typingPauseMs = 120;

/** Ctrl-K: go to a page or event, run an event, create one. */
@Component({
  selector: 'cr-command-palette',
  imports: [Icon],
  templateUrl: './command-palette.html',
  styleUrl: './command-palette.scss',
})
export class CommandPalette {
  private readonly dialog = inject<MatDialogRef<unknown>>(MatDialogRef);
  private readonly router = inject(Router);
  private readonly http = inject(HttpClient);
  private readonly failures = inject(StartFailures);
  private readonly list = viewChild.required<ElementRef<HTMLElement>>('list');
  private typing: ReturnType<typeof setTimeout> | undefined;

  protected readonly query = signal('');
  private readonly searched = signal('');
  private readonly events = httpResource<Page<EventSummary>>(() => ({
    url: apiUrl(routes.events),
    params: { limit: 8, ...(this.searched() === '' ? {} : { search: this.searched() }) },
  }));
  private readonly found = linkedSignal<readonly EventSummary[] | undefined, readonly EventSummary[]>({
    source: () => (this.events.hasValue() ? this.events.value().items : undefined),
    computation: (items, previous) => items ?? previous?.value ?? [],
  });

  private readonly places: readonly Command[] = [
    { id: 'new', kind: 'Create', label: 'New event', icon: mdiPlus, act: () => this.go('/events/new') },
    {
      ...{ id: 'new calendar', kind: 'Create', label: 'New calendar', icon: mdiPlus },
      act: () => this.go('/calendars/new'),
    },
    ...destinationsFor(inject(SessionStore).user()?.role).map((place) => ({
      id: place.path,
      kind: 'Go to',
      label: place.label,
      icon: place.icon,
      act: () => this.go(place.path),
    })),
  ];

  protected readonly commands = computed<readonly Command[]>(() => {
    const text = this.query().trim().toLowerCase();
    const wantsRun = text.startsWith('run ');
    const places = this.places.filter((place) => `${place.kind} ${place.label}`.toLowerCase().includes(text));
    const events = this.found().flatMap((event): Command[] => {
      const { icon } = eventTypeLooks[event.type];
      const run = { id: `run ${event.id}`, kind: 'Run', label: event.name, icon: mdiPlay };
      const open = { id: event.id, kind: 'Open', label: event.name, icon };
      const commands = [
        { ...open, act: () => this.go(`/events/${event.id}`) },
        { ...run, act: () => void this.run(event) },
      ];
      return wantsRun ? commands.slice(1) : commands;
    });
    return text === '' ? [...places, ...events] : [...events, ...places, this.inLogs()];
  });
  /** Back to the first one whenever the choice changes. */
  protected readonly chosen = linkedSignal({ source: this.query, computation: () => 0 });
  protected readonly icons = { search: mdiMagnify };

  private inLogs(): Command {
    const text = this.query().trim();
    const address = this.router.createUrlTree(['/log-search'], { queryParams: { q: text } });
    return {
      ...{ id: 'logs', kind: 'Search', label: `“${text}” in the logs`, icon: mdiTextSearch },
      act: () => this.go(this.router.serializeUrl(address)),
    };
  }

  protected type(text: string): void {
    this.query.set(text);
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.searched.set(text.trim().replace(/^run\s+/i, '')), typingPauseMs);
  }

  protected key(event: KeyboardEvent): void {
    const last = this.commands().length - 1;
    if (event.key === 'ArrowDown') this.choose(Math.min(last, this.chosen() + 1));
    else if (event.key === 'ArrowUp') this.choose(Math.max(0, this.chosen() - 1));
    else if (event.key === 'Enter') this.commands()[this.chosen()]?.act();
    else return;
    event.preventDefault();
  }

  private choose(index: number): void {
    this.chosen.set(index);
    this.list().nativeElement.children[index]?.scrollIntoView({ block: 'nearest' });
  }

  private go(path: string): void {
    this.dialog.close();
    void this.router.navigateByUrl(path);
  }

  private async run(event: EventSummary): Promise<void> {
    this.dialog.close();
    try {
      const url = apiUrl(routes.events, event.id, 'run');
      const execution = await firstValueFrom(this.http.post<Execution>(url, {}));
      await this.router.navigate(['/executions', execution.id]);
    } catch (error) {
      this.failures.show(event, error);
    }
  }
}
