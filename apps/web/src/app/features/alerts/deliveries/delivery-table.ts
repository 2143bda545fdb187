import { Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { AlertDelivery } from '@cronium/contracts';
import { mdiCheckCircle, mdiClockOutline, mdiCloseCircle, mdiLoading } from '@mdi/js';

import { LookMark } from '../../../shared/state/look-mark';
import type { StateLook } from '../../../shared/state/states';
import { TimeAgo } from '../../../shared/time/time-ago';

const looks: Record<AlertDelivery['state'], StateLook> = {
  waiting: { word: 'Waiting', icon: mdiClockOutline, tone: 'queued' },
  sending: { word: 'Sending', icon: mdiLoading, tone: 'running' },
  delivered: { word: 'Delivered', icon: mdiCheckCircle, tone: 'succeeded' },
  failed: { word: 'Failed', icon: mdiCloseCircle, tone: 'failed' },
};
const changeWords: Record<AlertDelivery['change'], string> = {
  opened: 'Opened',
  severity_raised: 'More severe',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
};

/** Who was told of what, by which channel, and what came of it. */
@Component({
  selector: 'cr-delivery-table',
  imports: [LookMark, RouterLink, TimeAgo],
  template: `
    <table class="table" aria-label="Deliveries">
      <thead>
        <tr>
          <th scope="col">State</th>
          @if (withAlert()) {
            <th scope="col">Alert</th>
          }
          <th scope="col">Told</th>
          <th scope="col">To</th>
          <th scope="col" class="wide number">Attempts</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      @for (delivery of deliveries(); track delivery.id) {
        <tbody data-testid="delivery-row" [class.with-error]="delivery.error !== null">
          <tr>
            <td class="state"><cr-look-mark plain [look]="looks[delivery.state]" /></td>
            @if (withAlert()) {
              <td class="name">
                <a [routerLink]="['/alerts', delivery.alert.id]" [title]="delivery.alert.title">{{
                  delivery.alert.title
                }}</a>
              </td>
            }
            <td class="told">{{ changeWords[delivery.change] }}</td>
            <td class="to" [title]="delivery.recipient">
              {{ delivery.recipient }} <span class="muted">by {{ delivery.channel.name }}</span>
            </td>
            <td class="wide number">{{ delivery.attempt }}</td>
            <td class="when muted"><cr-time-ago [at]="delivery.endedAt ?? delivery.createdAt" /></td>
          </tr>
          @if (delivery.error; as error) {
            <tr class="error">
              <td [attr.colspan]="withAlert() ? 6 : 5">
                {{ delivery.state === 'delivered' ? 'Before that' : 'Cause' }}: {{ error }}
                @if (delivery.nextAttemptAt; as next) {
                  · next attempt <cr-time-ago [at]="next" />
                }
              </td>
            </tr>
          }
        </tbody>
      }
    </table>
  `,
  styleUrl: './delivery-table.scss',
})
export class DeliveryTable {
  readonly deliveries = input.required<readonly AlertDelivery[]>();
  readonly withAlert = input(true);

  protected readonly looks = looks;
  protected readonly changeWords = changeWords;
}
