import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { routes, type ChangedSettings, type UpdateSettings } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const settingsUrl = apiUrl(routes.settings);
export const settingHistoryUrl = apiUrl(routes.settings, 'history');

@Injectable({ providedIn: 'root' })
export class SettingsApi {
  private readonly http = inject(HttpClient);

  /** @param version that the change was made from; another one is refused with 412 */
  update(change: UpdateSettings, version: number): Promise<ChangedSettings> {
    const headers = { 'If-Match': `"${version}"` };
    return firstValueFrom(this.http.patch<ChangedSettings>(settingsUrl, change, { headers }));
  }
}
