import { httpResource } from '@angular/common/http';
import { Component, computed, inject, signal, type WritableSignal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import {
  alertKindFacts,
  alertSeverities,
  maxPageSize,
  routes,
  updateAlertRuleSchema,
  type Account,
  type AlertChannel,
  type AlertRecipients,
  type AlertRule,
  type AlertSeverity,
  type Page,
  type UpdateAlertRule,
} from '@cronium/contracts';

import { apiUrl } from '../../../core/http/api-url';
import { toApiProblem } from '../../../core/http/problem';
import { severityLooks } from '../../../shared/alert/alert-looks';
import { Notice } from '../../../shared/feedback/notice';
import { checkedBy } from '../../../shared/form/checked-by';
import { Field, FieldControl } from '../../../shared/form/field';
import { problemErrors } from '../../../shared/form/problem-errors';
import { AlertApi, channelsUrl } from '../alert-api';

interface RuleForm {
  threshold: number | null;
  criticalThreshold: number | null;
  forSeconds: number | null;
  severity: AlertSeverity;
  recipients: AlertRecipients['who'];
}

/** Changes a rule. The result is the rule as saved. */
@Component({
  selector: 'cr-rule-dialog',
  imports: [Field, FieldControl, FormField, MatDialogModule, Notice],
  templateUrl: './rule-dialog.html',
  styleUrl: '../alert-dialog.scss',
})
export class RuleDialog {
  private readonly api = inject(AlertApi);
  private readonly dialog = inject<MatDialogRef<unknown, AlertRule>>(MatDialogRef);

  protected readonly rule = inject<AlertRule>(MAT_DIALOG_DATA);
  protected readonly facts = alertKindFacts[this.rule.kind];
  protected readonly severities = [...alertSeverities].reverse();
  protected readonly severityLooks = severityLooks;
  protected readonly problem = signal<string | null>(null);

  private readonly readUsers = httpResource<Page<Account>>(() => ({
    url: apiUrl(routes.users),
    params: { limit: maxPageSize },
  }));
  private readonly readChannels = httpResource<Page<AlertChannel>>(() => ({
    url: channelsUrl,
    params: { limit: maxPageSize },
  }));
  protected readonly users = computed(() => (this.readUsers.hasValue() ? this.readUsers.value().items : []));
  protected readonly channels = computed(() =>
    this.readChannels.hasValue() ? this.readChannels.value().items : [],
  );
  protected readonly userIds = signal<ReadonlySet<string>>(
    new Set(this.rule.recipients.who === 'users' ? this.rule.recipients.userIds : []),
  );
  protected readonly byAll = signal(this.rule.channelIds === null);
  protected readonly channelIds = signal<ReadonlySet<string>>(new Set(this.rule.channelIds));

  private readonly value = signal<RuleForm>({
    threshold: this.rule.threshold,
    criticalThreshold: this.rule.criticalThreshold,
    forSeconds: this.rule.forSeconds,
    severity: this.rule.severity,
    recipients: this.rule.recipients.who,
  });
  private readonly schema = checkedBy<RuleForm>(
    updateAlertRuleSchema,
    (value) => this.toChange(value),
    ([first = '']) => [first],
  );
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, this.schema));

  protected toggle(chosen: WritableSignal<ReadonlySet<string>>, id: string): void {
    const now = new Set(chosen());
    if (!now.delete(id)) now.add(id);
    chosen.set(now);
  }

  protected async save(event: Event): Promise<void> {
    event.preventDefault();
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          const change = updateAlertRuleSchema.parse(this.toChange(this.value()));
          this.dialog.close(await this.api.updateRule(this.rule.id, change));
          return null;
        } catch (error) {
          const { fields, message } = toApiProblem(error);
          if (fields.length === 0) this.problem.set(message);
          return problemErrors(form, fields);
        }
      },
    });
  }

  private toChange({ recipients, forSeconds, ...rest }: RuleForm): UpdateAlertRule {
    return {
      ...rest,
      forSeconds: forSeconds ?? 0,
      recipients:
        recipients === 'users' ? { who: recipients, userIds: [...this.userIds()] } : { who: recipients },
      channelIds: this.byAll() ? null : [...this.channelIds()],
    };
  }
}
