import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { routes, type Execution, type LogPage } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const executionsUrl = apiUrl(routes.executions);

@Injectable({ providedIn: 'root' })
export class ExecutionApi {
  private readonly http = inject(HttpClient);

  read(id: string): Promise<Execution> {
    return firstValueFrom(this.http.get<Execution>(apiUrl(routes.executions, id)));
  }

  cancel(id: string): Promise<Execution> {
    return firstValueFrom(this.http.post<Execution>(apiUrl(routes.executions, id, 'cancel'), {}));
  }

  /** The same event with the same input. */
  runAgain(eventId: string, input: Execution['input']): Promise<Execution> {
    const request = input === null ? {} : { input };
    return firstValueFrom(this.http.post<Execution>(apiUrl(routes.events, eventId, 'run'), request));
  }

  log(jobId: string, after: number): Promise<LogPage> {
    return firstValueFrom(this.http.get<LogPage>(apiUrl(routes.jobs, jobId, 'log'), { params: { after } }));
  }

  rawLog(jobId: string): Promise<Blob> {
    return firstValueFrom(this.http.get(apiUrl(routes.jobs, jobId, 'log', 'raw'), { responseType: 'blob' }));
  }
}
