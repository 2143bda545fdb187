import { httpResource } from '@angular/common/http';
import { DOCUMENT, DestroyRef, Injectable, computed, inject } from '@angular/core';
import { routes, type Page, type Server } from '@cronium/contracts';

import { apiUrl } from '../http/api-url';

const recheckMs = 15_000;

/** Why the built-in server cannot take a job, asked again while that is so. */
@Injectable()
export class LocalExecution {
  private readonly servers = httpResource<Page<Server>>(() => apiUrl(routes.servers));

  readonly unavailable = computed(() => {
    if (!this.servers.hasValue()) return null;
    const local = this.servers.value().items.find((server) => server.isSystemManaged);
    return local?.health?.healthy === false ? (local.health.reason?.message ?? 'It gave no reason.') : null;
  });

  constructor() {
    const document = inject(DOCUMENT);
    const timer = setInterval(() => {
      const wanted = this.unavailable() !== null || this.servers.error() !== undefined;
      if (wanted && document.visibilityState === 'visible') this.servers.reload();
    }, recheckMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
