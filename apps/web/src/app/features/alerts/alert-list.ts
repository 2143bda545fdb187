import { Component, DestroyRef, computed, effect, inject, input, untracked } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import {
  alertKindFacts,
  alertKindSchema,
  alertSeveritySchema,
  alertStateSchema,
  idSchema,
  type Alert,
} from '@cronium/contracts';
import { mdiBellCheckOutline, mdiFilterOffOutline } from '@mdi/js';

import { Realtime } from '../../core/realtime/realtime';
import { alertStateLooks, severityLooks } from '../../shared/alert/alert-looks';
import { Placeholder } from '../../shared/feedback/placeholder';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { opensRow } from '../../shared/paging/row-click';
import { LookMark } from '../../shared/state/look-mark';
import { TimeAgo } from '../../shared/time/time-ago';
import { alertsUrl } from './alert-api';
import { AlertTabs } from './alert-tabs';

/** What somebody must look at, and what somebody had to, newest first; the filters are in the address. */
@Component({
  selector: 'cr-alert-list',
  imports: [AlertTabs, ListFrame, LookMark, Placeholder, RouterLink, TimeAgo],
  templateUrl: './alert-list.html',
  styleUrl: './alert-list.scss',
})
export class AlertList {
  private readonly router = inject(Router);

  readonly open = input<string>();
  readonly state = input<string>();
  readonly severity = input<string>();
  readonly kind = input<string>();
  readonly serverId = input<string>();
  readonly eventId = input<string>();

  protected readonly filter = addressFilters();
  protected readonly alerts = pagedList<Alert>(alertsUrl, () => ({
    open: this.open() === 'true' ? 'true' : undefined,
    state: alertStateSchema.safeParse(this.state()).data,
    severity: alertSeveritySchema.safeParse(this.severity()).data,
    kind: alertKindSchema.safeParse(this.kind()).data,
    serverId: idSchema.safeParse(this.serverId()).data,
    eventId: idSchema.safeParse(this.eventId()).data,
  }));
  protected readonly filtered = computed(() =>
    [this.open(), this.state(), this.severity(), this.kind(), this.serverId(), this.eventId()].some(Boolean),
  );
  /** `open` and the states are one choice. */
  protected readonly chosenState = computed(() =>
    this.open() === 'true' ? 'unresolved' : (this.state() ?? ''),
  );
  /** The one server or event that the address names. */
  protected readonly about = computed(() => {
    const [first] = this.alerts.items() ?? [];
    if (this.serverId()) return first?.server?.name ?? 'one server';
    return this.eventId() ? (first?.event?.name ?? 'one event') : null;
  });

  protected readonly facts = alertKindFacts;
  protected readonly kinds = alertKindSchema.options;
  protected readonly severities = [...alertSeveritySchema.options].reverse();
  protected readonly states = alertStateSchema.options;
  protected readonly severityLooks = severityLooks;
  protected readonly stateLooks = alertStateLooks;
  protected readonly icons = { empty: mdiBellCheckOutline, filter: mdiFilterOffOutline };

  constructor() {
    const realtime = inject(Realtime);
    const silence = realtime.listen({ 'alert.changed': (alert) => this.hear(alert) });
    inject(DestroyRef).onDestroy(silence);
    let wasConnected = false;
    effect(() => {
      const connected = realtime.state() === 'connected';
      // What changed while the connection was lost was not heard.
      if (connected && wasConnected) untracked(() => this.alerts.reload());
      wasConnected ||= connected;
    });
  }

  protected chooseState(choice: string): void {
    this.filter(choice === 'unresolved' ? { open: 'true', state: '' } : { open: '', state: choice });
  }

  protected clearFilters(): void {
    this.filter({ open: '', state: '', severity: '', kind: '', serverId: '', eventId: '' });
  }

  protected openAlert(click: MouseEvent, { id }: Alert): void {
    if (opensRow(click)) void this.router.navigate(['/alerts', id]);
  }

  /** One that is shown changes where it is; another may belong to the list, which knows. */
  private hear(alert: Alert): void {
    if (this.alerts.items()?.some(({ id }) => id === alert.id)) {
      this.alerts.change((rows) => rows.map((row) => (row.id === alert.id ? alert : row)));
    } else if (!this.alerts.loading()) {
      this.alerts.reload();
    }
  }
}
