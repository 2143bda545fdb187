import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import {
  routes,
  type ChangedServerShares,
  type ConnectionTest,
  type CreateContainerServerInput,
  type CreateSshServerInput,
  type GeneratedKey,
  type HostKeyRequest,
  type PutServerShares,
  type Server,
  type TestServer,
  type UpdateServer,
  type UpdateSsh,
} from '@cronium/contracts';
import type { HealthStatus, HostKey } from '@cronium/server-types';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const serversUrl = apiUrl(routes.servers);
export const serverUrl = (id: string) => apiUrl(routes.servers, id);
export const sharesUrl = (id: string) => apiUrl(routes.servers, id, 'shares');
export const serverJobsUrl = (id: string) => apiUrl(routes.servers, id, 'jobs');
export const usageUrl = (id: string) => apiUrl(routes.servers, id, 'usage');
export const executionsUrl = apiUrl(routes.executions);

/** The calls that change or ask servers. What is only read is an `httpResource` of its page. */
@Injectable({ providedIn: 'root' })
export class ServerApi {
  private readonly http = inject(HttpClient);

  create(server: CreateSshServerInput | CreateContainerServerInput): Promise<Server> {
    return firstValueFrom(this.http.post<Server>(serversUrl, server));
  }

  update(id: string, change: UpdateServer): Promise<Server> {
    return firstValueFrom(this.http.patch<Server>(serverUrl(id), change));
  }

  /** @param confirm also when events run on it */
  async delete(id: string, confirm: boolean): Promise<void> {
    await firstValueFrom(this.http.delete<unknown>(serverUrl(id), { params: { confirm } }));
  }

  check(id: string): Promise<HealthStatus> {
    return firstValueFrom(this.http.post<HealthStatus>(apiUrl(routes.servers, id, 'check'), {}));
  }

  /** Asks a host for its key, for a person to approve. */
  hostKey(request: HostKeyRequest): Promise<HostKey> {
    return firstValueFrom(this.http.post<HostKey>(apiUrl(routes.servers, 'host-key'), request));
  }

  approveHostKey(id: string, hostKey: HostKey): Promise<Server> {
    return firstValueFrom(this.http.post<Server>(apiUrl(routes.servers, id, 'host-key'), hostKey));
  }

  generateKey(): Promise<GeneratedKey> {
    return firstValueFrom(this.http.post<GeneratedKey>(apiUrl(routes.servers, 'keys'), {}));
  }

  /** Tries a connection that is not saved yet. */
  test(server: TestServer): Promise<ConnectionTest> {
    return firstValueFrom(this.http.post<ConnectionTest>(apiUrl(routes.servers, 'test'), server));
  }

  /** Tries a saved server, with changes that are not saved yet. */
  testSaved(id: string, change: UpdateSsh): Promise<ConnectionTest> {
    return firstValueFrom(this.http.post<ConnectionTest>(apiUrl(routes.servers, id, 'test'), change));
  }

  share(id: string, shares: PutServerShares): Promise<ChangedServerShares> {
    return firstValueFrom(this.http.put<ChangedServerShares>(sharesUrl(id), shares));
  }
}
