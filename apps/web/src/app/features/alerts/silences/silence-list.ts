import { Component, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { alertKindFacts, type AlertSilence } from '@cronium/contracts';
import {
  mdiBellOffOutline,
  mdiCalendarClockOutline,
  mdiCheckCircleOutline,
  mdiDeleteOutline,
  mdiPlus,
} from '@mdi/js';

import { SessionStore } from '../../../core/auth/session';
import { toApiProblem } from '../../../core/http/problem';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { Placeholder } from '../../../shared/feedback/placeholder';
import { Toasts } from '../../../shared/feedback/toasts';
import { Icon } from '../../../shared/icon/icon';
import { addressFilters } from '../../../shared/paging/address-filters';
import { ListFrame } from '../../../shared/paging/list-frame';
import { pagedList } from '../../../shared/paging/paged-list';
import { LookMark } from '../../../shared/state/look-mark';
import type { StateLook } from '../../../shared/state/states';
import { AlertApi, silencesUrl } from '../alert-api';
import { AlertTabs } from '../alert-tabs';
import { timesOf } from './silence-words';

const looks: Record<AlertSilence['state'], StateLook> = {
  active: { word: 'Active', icon: mdiBellOffOutline, tone: 'warning' },
  planned: { word: 'Planned', icon: mdiCalendarClockOutline, tone: 'running' },
  over: { word: 'Over', icon: mdiCheckCircleOutline, tone: 'skipped' },
};

/** When alerts are not delivered: silences, and maintenance windows. */
@Component({
  selector: 'cr-silence-list',
  imports: [AlertTabs, Icon, ListFrame, LookMark, Placeholder, RouterLink],
  templateUrl: './silence-list.html',
  styleUrl: './silence-list.scss',
})
export class SilenceList {
  private readonly api = inject(AlertApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);
  private readonly user = inject(SessionStore).user;

  readonly over = input<string>();

  protected readonly filter = addressFilters();
  protected readonly silences = pagedList<AlertSilence>(silencesUrl, () => ({
    over: this.over() === 'true' ? 'true' : 'false',
  }));
  protected readonly mayCreate = computed(() => this.user()?.role !== 'VIEWER');
  protected readonly facts = alertKindFacts;
  protected readonly looks = looks;
  protected readonly timesOf = timesOf;
  protected readonly icons = { add: mdiPlus, delete: mdiDeleteOutline, empty: mdiBellOffOutline };

  protected async create(): Promise<void> {
    const { SilenceDialog } = await import('./silence-dialog');
    const made = await this.dialogs.open<AlertSilence>(SilenceDialog, { data: null, width: '560px' });
    if (made) this.silences.reload();
  }

  protected async remove({ id, reason }: AlertSilence): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: `Delete the silence “${reason}”?`,
      text: 'Alerts that it kept back and that are not over are delivered within a minute.',
      action: 'Delete silence',
      danger: true,
    });
    if (!sure) return;
    try {
      await this.api.deleteSilence(id);
      this.silences.change((rows) => rows.filter((row) => row.id !== id));
    } catch (error) {
      this.toasts.show(`The silence could not be deleted. ${toApiProblem(error).message}`);
    }
  }
}
