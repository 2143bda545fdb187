import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import {
  routes,
  type CreateEventInput,
  type Event,
  type Execution,
  type RunEvent,
  type UpdateEvent,
} from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const eventsUrl = apiUrl(routes.events);
export const serversUrl = apiUrl(routes.servers);
export const executionsUrl = apiUrl(routes.executions);
export const eventUrl = (id: string) => apiUrl(routes.events, id);
export const versionsUrl = (id: string) => apiUrl(routes.events, id, 'versions');
export const versionUrl = (id: string, version: number) =>
  apiUrl(routes.events, id, 'versions', String(version));

/** The calls that change events. What is only read is an `httpResource` of its page. */
@Injectable({ providedIn: 'root' })
export class EventApi {
  private readonly http = inject(HttpClient);

  read(id: string): Promise<Event> {
    return firstValueFrom(this.http.get<Event>(eventUrl(id)));
  }

  create(event: CreateEventInput): Promise<Event> {
    return firstValueFrom(this.http.post<Event>(eventsUrl, event));
  }

  update(id: string, change: UpdateEvent): Promise<Event> {
    return firstValueFrom(this.http.patch<Event>(eventUrl(id), change));
  }

  async delete(id: string): Promise<void> {
    await firstValueFrom(this.http.delete<unknown>(eventUrl(id)));
  }

  /** @param currentVersion as the person has seen it: one that was saved meanwhile is not overwritten */
  restore(id: string, version: number, currentVersion: number): Promise<Event> {
    const url = apiUrl(routes.events, id, 'versions', String(version), 'restore');
    return firstValueFrom(this.http.post<Event>(url, { currentVersion }));
  }

  run(id: string, request: RunEvent = {}): Promise<Execution> {
    return firstValueFrom(this.http.post<Execution>(apiUrl(routes.events, id, 'run'), request));
  }
}
