import { HttpClient } from '@angular/common/http';
import { DestroyRef, Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { isActive, routes, type ExecutionSummary, type Page } from '@cronium/contracts';

import { apiUrl } from '../http/api-url';
import { Realtime } from '../realtime/realtime';

/** How many executions run now, of those this person may see. */
@Injectable()
export class RunningCount {
  private readonly http = inject(HttpClient);
  private readonly active = signal<ReadonlySet<string>>(new Set());
  readonly count = computed(() => this.active().size);

  constructor() {
    const realtime = inject(Realtime);
    const silence = realtime.listen({ 'execution.listed': (execution) => this.hear(execution) });
    inject(DestroyRef).onDestroy(silence);
    // What ended while there was no connection was not heard.
    effect(() => {
      if (realtime.state() === 'connected') untracked(() => this.load());
    });
  }

  private load(): void {
    const params = { state: 'running', limit: 200 };
    this.http.get<Page<ExecutionSummary>>(apiUrl(routes.executions), { params }).subscribe({
      next: (page) => this.active.set(new Set(page.items.map((execution) => execution.id))),
      error: (error: unknown) => console.warn('The running executions could not be counted.', error),
    });
  }

  private hear(execution: ExecutionSummary): void {
    this.active.update((before) => {
      const now = new Set(before);
      if (isActive(execution.state)) now.add(execution.id);
      else now.delete(execution.id);
      return now;
    });
  }
}
