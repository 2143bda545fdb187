import { HttpClient } from '@angular/common/http';
import { Injectable, inject } from '@angular/core';
import {
  routes,
  type AlertChannel,
  type AlertChannelTest,
  type AlertDetails,
  type AlertRule,
  type AlertSilence,
  type CreateAlertChannel,
  type UpdateAlertChannel,
  type UpdateAlertRule,
} from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { apiUrl } from '../../core/http/api-url';

export const alertsUrl = apiUrl(routes.alerts);
export const alertUrl = (id: string) => apiUrl(routes.alerts, id);
export const rulesUrl = apiUrl(routes.alertRules);
export const silencesUrl = apiUrl(routes.alertSilences);
export const channelsUrl = apiUrl(routes.alertChannels);
export const deliveriesUrl = apiUrl(routes.alertDeliveries);

@Injectable({ providedIn: 'root' })
export class AlertApi {
  private readonly http = inject(HttpClient);

  change(id: string, act: 'acknowledge' | 'resolve', note: string): Promise<AlertDetails> {
    return firstValueFrom(this.http.post<AlertDetails>(apiUrl(routes.alerts, id, act), { note }));
  }

  updateRule(id: string, change: UpdateAlertRule): Promise<AlertRule> {
    return firstValueFrom(this.http.patch<AlertRule>(apiUrl(routes.alertRules, id), change));
  }

  createSilence(details: unknown): Promise<AlertSilence> {
    return firstValueFrom(this.http.post<AlertSilence>(silencesUrl, details));
  }

  async deleteSilence(id: string): Promise<void> {
    await firstValueFrom(this.http.delete(apiUrl(routes.alertSilences, id)));
  }

  createChannel(details: CreateAlertChannel): Promise<AlertChannel> {
    return firstValueFrom(this.http.post<AlertChannel>(channelsUrl, details));
  }

  updateChannel(id: string, change: UpdateAlertChannel): Promise<AlertChannel> {
    return firstValueFrom(this.http.patch<AlertChannel>(apiUrl(routes.alertChannels, id), change));
  }

  async deleteChannel(id: string): Promise<void> {
    await firstValueFrom(this.http.delete(apiUrl(routes.alertChannels, id)));
  }

  testChannel(id: string): Promise<AlertChannelTest> {
    return firstValueFrom(this.http.post<AlertChannelTest>(apiUrl(routes.alertChannels, id, 'test'), {}));
  }
}
