import { HttpClient } from '@angular/common/http';
import { DestroyRef, Injectable, computed, effect, inject, signal, untracked } from '@angular/core';
import { routes, type AlertDetails, type AlertSeverity, type OpenAlerts } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../http/api-url';
import { Realtime } from '../realtime/realtime';

/** Of what is heard, much comes at once. */
const hearMs = 400;
const none: OpenAlerts = { counts: { critical: 0, warning: 0, info: 0 }, items: [] };

/** The alerts that nobody has acknowledged, of those this person may see, as they are now. */
@Injectable()
export class OpenAlertsNow {
  private readonly http = inject(HttpClient);
  private readonly present = signal(none);

  readonly items = computed(() => this.present().items);
  readonly count = computed(() => {
    const { critical, warning, info } = this.present().counts;
    return critical + warning + info;
  });
  /** The highest there is. */
  readonly severity = computed<AlertSeverity>(() => {
    const { critical, warning } = this.present().counts;
    return critical > 0 ? 'critical' : warning > 0 ? 'warning' : 'info';
  });

  constructor() {
    const realtime = inject(Realtime);
    let heard: ReturnType<typeof setTimeout> | undefined;
    const load = () => {
      heard = undefined;
      this.load();
    };
    const silence = realtime.listen({ 'alert.changed': () => (heard ??= setTimeout(load, hearMs)) });
    inject(DestroyRef).onDestroy(() => {
      silence();
      clearTimeout(heard);
    });
    // What changed while there was no connection was not heard.
    effect(() => {
      if (realtime.state() === 'connected') untracked(() => this.load());
    });
  }

  async acknowledge(id: string): Promise<void> {
    await firstValueFrom(this.http.post<AlertDetails>(apiUrl(routes.alerts, id, 'acknowledge'), {}));
    this.load();
  }

  private load(): void {
    this.http.get<OpenAlerts>(apiUrl(routes.alerts, 'open')).subscribe({
      next: (open) => this.present.set(open),
      error: (error: unknown) => console.warn('The open alerts could not be counted.', error),
    });
  }
}
