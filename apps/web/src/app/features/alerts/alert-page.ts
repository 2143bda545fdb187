import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, effect, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { alertKindFacts, type AlertChange, type AlertDetails } from '@cronium/contracts';
import { mdiBellOffOutline, mdiCheck, mdiEyeCheckOutline } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { Realtime } from '../../core/realtime/realtime';
import { WhereTitle } from '../../core/shell/where';
import { alertStateLooks, severityLooks } from '../../shared/alert/alert-looks';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { LookMark } from '../../shared/state/look-mark';
import { TimeAgo } from '../../shared/time/time-ago';
import { alertUrl } from './alert-api';
import { factsOf } from './alert-facts';
import { DeliveryTable } from './deliveries/delivery-table';
import type { NoteRequest } from './note-dialog';

const changeWords: Record<AlertChange['kind'], string> = {
  opened: 'Opened',
  severity_raised: 'Became more severe',
  acknowledged: 'Acknowledged',
  resolved: 'Resolved',
};

/** One alert: what it is about, what became of it, and who was told. */
@Component({
  selector: 'cr-alert-page',
  imports: [DeliveryTable, Icon, LoadError, LookMark, RouterLink, Skeleton, TimeAgo],
  templateUrl: './alert-page.html',
  styleUrl: './alert-page.scss',
})
export class AlertPage {
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);

  private readonly user = inject(SessionStore).user;

  readonly id = input.required<string>();

  protected readonly isAdmin = computed(() => this.user()?.role === 'ADMIN');
  protected readonly details = httpResource<AlertDetails>(() => alertUrl(this.id()));
  protected readonly alert = computed(() => (this.details.hasValue() ? this.details.value() : undefined));
  protected readonly known = computed(() => {
    const alert = this.alert();
    return alert ? factsOf(alert) : [];
  });
  protected readonly kinds = alertKindFacts;
  protected readonly changeWords = changeWords;
  protected readonly severityLooks = severityLooks;
  protected readonly stateLooks = alertStateLooks;
  protected readonly icons = {
    acknowledge: mdiEyeCheckOutline,
    resolve: mdiCheck,
    silence: mdiBellOffOutline,
  };

  constructor() {
    const where = inject(WhereTitle);
    effect(() => {
      const alert = this.alert();
      if (alert) where.here({ label: 'Alerts', link: '/alerts' }, { label: alert.title });
    });
    const silence = inject(Realtime).listen({
      'alert.changed': ({ id }) => {
        if (id === this.id() && !this.details.isLoading()) this.details.reload();
      },
    });
    inject(DestroyRef).onDestroy(silence);
  }

  protected async change(alert: AlertDetails, act: NoteRequest['act']): Promise<void> {
    const { NoteDialog } = await import('./note-dialog');
    const data: NoteRequest = { id: alert.id, title: alert.title, act };
    const changed = await this.dialogs.open<AlertDetails>(NoteDialog, { data, width: '480px' });
    if (changed) this.details.set(changed);
  }

  protected async silence({ kind, server, event }: AlertDetails): Promise<void> {
    const { SilenceDialog } = await import('./silences/silence-dialog');
    const made = await this.dialogs.open(SilenceDialog, { data: { kind, server, event }, width: '560px' });
    if (made !== undefined)
      this.toasts.show('The silence is set. Alerts that match are kept, and not delivered.');
  }
}
