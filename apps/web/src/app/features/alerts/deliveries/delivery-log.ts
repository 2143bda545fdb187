import { Component, input } from '@angular/core';
import { alertDeliverySchema, idSchema, type AlertDelivery } from '@cronium/contracts';
import { mdiEmailFastOutline, mdiRefresh } from '@mdi/js';

import { Placeholder } from '../../../shared/feedback/placeholder';
import { Icon } from '../../../shared/icon/icon';
import { addressFilters } from '../../../shared/paging/address-filters';
import { ListFrame } from '../../../shared/paging/list-frame';
import { pagedList } from '../../../shared/paging/paged-list';
import { deliveriesUrl } from '../alert-api';
import { AlertTabs } from '../alert-tabs';
import { DeliveryTable } from './delivery-table';

const stateSchema = alertDeliverySchema.shape.state;
const words = { waiting: 'Waiting', sending: 'Sending', delivered: 'Delivered', failed: 'Failed' } as const;

/** The log of what was delivered, and of what could not be. For administrators. */
@Component({
  selector: 'cr-delivery-log',
  imports: [AlertTabs, DeliveryTable, Icon, ListFrame, Placeholder],
  template: `
    <div class="page">
      <cr-alert-tabs />
      <div class="filters" role="search" aria-label="Filter deliveries">
        <select #field class="input" aria-label="Filter by state" (change)="filter({ state: field.value })">
          <option value="" [selected]="!state()">Every state</option>
          @for (option of states; track option) {
            <option [value]="option" [selected]="option === state()">{{ words[option] }}</option>
          }
        </select>
        @if (channelId()) {
          <span class="tag">of one channel</span>
        }
        @if (state() || channelId()) {
          <button type="button" class="button quiet" (click)="filter({ state: '', channelId: '' })">
            Clear
          </button>
        }
        <button type="button" class="button quiet" (click)="deliveries.reload()">
          <cr-icon [path]="icons.refresh" />Refresh
        </button>
      </div>
      <cr-list-frame noun="deliveries" [bars]="6" [list]="deliveries" more="Show older ones">
        <cr-delivery-table [deliveries]="deliveries.items() ?? []" />
        <ng-container ngProjectAs="[empty]">
          <cr-placeholder [icon]="icons.empty" heading="Nothing was delivered yet">
            Each e-mail and each webhook about an alert is on record here, with the error if it did not
            arrive.
          </cr-placeholder>
        </ng-container>
      </cr-list-frame>
    </div>
  `,
})
export class DeliveryLog {
  readonly state = input<string>();
  readonly channelId = input<string>();

  protected readonly filter = addressFilters();
  protected readonly deliveries = pagedList<AlertDelivery>(deliveriesUrl, () => ({
    state: stateSchema.safeParse(this.state()).data,
    channelId: idSchema.safeParse(this.channelId()).data,
  }));
  protected readonly states = stateSchema.options;
  protected readonly words = words;
  protected readonly icons = { empty: mdiEmailFastOutline, refresh: mdiRefresh };
}
