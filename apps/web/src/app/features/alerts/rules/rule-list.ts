import { httpResource } from '@angular/common/http';
import { Component, inject } from '@angular/core';
import { alertKindFacts, type AlertRule, type AlertRuleList } from '@cronium/contracts';
import { mdiPencilOutline } from '@mdi/js';

import { toApiProblem } from '../../../core/http/problem';
import { severityLooks } from '../../../shared/alert/alert-looks';
import { Dialogs } from '../../../shared/dialog/dialogs';
import { LoadError } from '../../../shared/feedback/load-error';
import { Skeleton } from '../../../shared/feedback/skeleton';
import { Toasts } from '../../../shared/feedback/toasts';
import { Icon } from '../../../shared/icon/icon';
import { LookMark } from '../../../shared/state/look-mark';
import { AlertApi, rulesUrl } from '../alert-api';
import { AlertTabs } from '../alert-tabs';
import { conditionOf, recipientsOf } from './rule-words';

/** When something is an alert, and who hears of it. For administrators. */
@Component({
  selector: 'cr-rule-list',
  imports: [AlertTabs, Icon, LoadError, LookMark, Skeleton],
  templateUrl: './rule-list.html',
  styleUrl: './rule-list.scss',
})
export class RuleList {
  private readonly api = inject(AlertApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);

  protected readonly rules = httpResource<AlertRuleList>(() => rulesUrl);
  protected readonly facts = alertKindFacts;
  protected readonly severityLooks = severityLooks;
  protected readonly conditionOf = conditionOf;
  protected readonly recipientsOf = recipientsOf;
  protected readonly icons = { edit: mdiPencilOutline };

  protected channelsOf({ channelIds }: AlertRule): string {
    if (channelIds === null) return 'all channels';
    return channelIds.length === 1 ? '1 channel' : `${channelIds.length || 'no'} channels`;
  }

  protected async edit(rule: AlertRule): Promise<void> {
    const { RuleDialog } = await import('./rule-dialog');
    const saved = await this.dialogs.open<AlertRule>(RuleDialog, { data: rule, width: '560px' });
    if (saved) this.show(saved);
  }

  protected async toggle(rule: AlertRule): Promise<void> {
    try {
      this.show(await this.api.updateRule(rule.id, { enabled: !rule.enabled }));
    } catch (error) {
      this.toasts.show(
        `“${alertKindFacts[rule.kind].label}” could not be changed. ${toApiProblem(error).message}`,
      );
      this.rules.reload();
    }
  }

  private show(saved: AlertRule): void {
    this.rules.update((list) =>
      list ? { items: list.items.map((rule) => (rule.id === saved.id ? saved : rule)) } : list,
    );
  }
}
