import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import { routes } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';
import { toApiProblem, type ApiProblem } from '../../core/http/problem';

export const queueUrl = apiUrl(routes.queue);

/** Requests at one time. */
const batch = 8;

@Injectable({ providedIn: 'root' })
export class QueueApi {
  private readonly http = inject(HttpClient);

  /** Cancels each of these executions; what did not work. */
  async cancelAll(executionIds: readonly string[]): Promise<readonly ApiProblem[]> {
    const failures: ApiProblem[] = [];
    for (let at = 0; at < executionIds.length; at += batch) {
      const ends = executionIds.slice(at, at + batch).map(async (id) => {
        try {
          await firstValueFrom(this.http.post<unknown>(apiUrl(routes.executions, id, 'cancel'), {}));
        } catch (error) {
          failures.push(toApiProblem(error));
        }
      });
      await Promise.all(ends);
    }
    return failures;
  }
}
