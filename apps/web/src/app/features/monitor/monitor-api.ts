import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { routes } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const monitorUrl = apiUrl(routes.monitoring.execution);

@Injectable({ providedIn: 'root' })
export class MonitorApi {
  private readonly http = inject(HttpClient);

  /** Ends what runs of an execution, on each of its servers. */
  async kill(executionId: string): Promise<void> {
    await firstValueFrom(this.http.post<unknown>(apiUrl(routes.executions, executionId, 'cancel'), {}));
  }
}
