import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import {
  routes,
  type Calendar,
  type CreateCalendarInput,
  type ImportCalendarInput,
  type ImportPreview,
  type UpdateCalendar,
} from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const calendarsUrl = apiUrl(routes.calendars);
export const calendarUrl = (id: string) => apiUrl(routes.calendars, id);
const importUrl = (id: string) => apiUrl(routes.calendars, id, 'import');

/** The calls that change calendars. What is only read is an `httpResource` of its page. */
@Injectable({ providedIn: 'root' })
export class CalendarApi {
  private readonly http = inject(HttpClient);

  create(calendar: CreateCalendarInput): Promise<Calendar> {
    return firstValueFrom(this.http.post<Calendar>(calendarsUrl, calendar));
  }

  update(id: string, change: UpdateCalendar): Promise<Calendar> {
    return firstValueFrom(this.http.patch<Calendar>(calendarUrl(id), change));
  }

  /** @param confirm also when events use it */
  async delete(id: string, confirm: boolean): Promise<void> {
    await firstValueFrom(this.http.delete<unknown>(calendarUrl(id), { params: { confirm } }));
  }

  /** What a file holds; nothing is stored. */
  previewImport(ics: string, timezone: string): Promise<ImportPreview> {
    const url = apiUrl(routes.calendars, 'import-preview');
    return firstValueFrom(this.http.post<ImportPreview>(url, { ics, timezone }));
  }

  import(id: string, file: ImportCalendarInput): Promise<Calendar> {
    return firstValueFrom(this.http.put<Calendar>(importUrl(id), file));
  }

  removeImport(id: string): Promise<Calendar> {
    return firstValueFrom(this.http.delete<Calendar>(importUrl(id)));
  }
}
