import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { maxLogEntries, routes, type Execution, type LogPage, type RunEvent } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const executionsUrl = apiUrl(routes.executions);
export const executionUrl = (id: string) => apiUrl(routes.executions, id);

@Injectable({ providedIn: 'root' })
export class ExecutionApi {
  private readonly http = inject(HttpClient);

  async cancel(id: string): Promise<void> {
    await firstValueFrom(this.http.post<unknown>(apiUrl(routes.executions, id, 'cancel'), {}));
  }

  run(eventId: string, request: RunEvent): Promise<Execution> {
    return firstValueFrom(this.http.post<Execution>(apiUrl(routes.events, eventId, 'run'), request));
  }

  /** The same version and input, on the servers that it ran on, or on those alone where it did not succeed. */
  runAgain(id: string, failedOnly: boolean): Promise<Execution> {
    const url = apiUrl(routes.executions, id, 'run-again');
    return firstValueFrom(this.http.post<Execution>(url, { version: 'original', failedOnly }));
  }

  log(jobId: string, after: number): Promise<LogPage> {
    const params = { after, limit: maxLogEntries };
    return firstValueFrom(this.http.get<LogPage>(apiUrl(routes.jobs, jobId, 'log'), { params }));
  }

  rawLog(jobId: string): Promise<Blob> {
    const url = apiUrl(routes.jobs, jobId, 'log', 'raw');
    return firstValueFrom(this.http.get(url, { responseType: 'blob' }));
  }
}
