import { alertKindFacts, type AlertRule, type AlertRuleList, type UpdateAlertRule } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { AuditService } from '../../audit/audit.service';
import type { Caller } from '../../auth/policy';
import { DomainError, notFound } from '../../http/domain-error';

/** When something is an alert, and who hears of it. */
@Injectable()
export class RulesService {
  constructor(
    private readonly database: DataSource,
    private readonly audit: AuditService,
  ) {}

  async list(): Promise<AlertRuleList> {
    const rows = await this.database.query<RuleRow[]>(`SELECT ${columns} FROM alert_rules ORDER BY kind`);
    const order = Object.keys(alertKindFacts);
    const items = rows.map(toRule).sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
    return { items };
  }

  async get(id: string): Promise<AlertRule> {
    return this.read(this.database.manager, id);
  }

  async update(caller: Caller, id: string, change: UpdateAlertRule): Promise<AlertRule> {
    return this.database.transaction(async (transaction) => {
      const before = await this.read(transaction, id, 'FOR UPDATE');
      const after = { ...before, ...change };
      refuseWrongThresholds(after);
      await refuseUnknown(transaction, change);
      const { recipients } = after;
      await transaction.query(
        `UPDATE alert_rules SET enabled = $2, threshold = $3, critical_threshold = $4, for_seconds = $5, severity = $6,
                recipients = $7, user_ids = $8, channel_ids = $9, updated_at = now() WHERE id = $1`,
        [
          ...[id, after.enabled, after.threshold, after.criticalThreshold, after.forSeconds, after.severity],
          ...[recipients.who, recipients.who === 'users' ? recipients.userIds : [], after.channelIds],
        ],
      );
      await this.audit.record(transaction, caller, {
        action: 'alert_rule.changed',
        target: { type: 'alert_rule', id, name: alertKindFacts[before.kind].label },
        details: { fields: Object.keys(change) },
      });
      return this.read(transaction, id);
    });
  }

  private async read(manager: EntityManager, id: string, lock = ''): Promise<AlertRule> {
    const [row] = await manager.query<RuleRow[]>(`SELECT ${columns} FROM alert_rules WHERE id = $1 ${lock}`, [
      id,
    ]);
    if (!row) throw notFound('alert_rule', id);
    return toRule(row);
  }
}

const columns = `id, kind, enabled, threshold, critical_threshold AS "criticalThreshold", for_seconds AS "forSeconds", severity,
  recipients, user_ids AS "userIds", channel_ids AS "channelIds", updated_at AS "updatedAt"`;

type RuleRow = Omit<AlertRule, 'recipients' | 'updatedAt'> & {
  recipients: AlertRule['recipients']['who'];
  userIds: string[];
  updatedAt: Date;
};

function toRule({ recipients, userIds, updatedAt, ...rule }: RuleRow): AlertRule {
  return {
    ...rule,
    recipients: recipients === 'users' ? { who: recipients, userIds } : { who: recipients },
    updatedAt: updatedAt.toISOString(),
  };
}

function refuseWrongThresholds({ kind, threshold, criticalThreshold, forSeconds }: AlertRule): void {
  const { threshold: bounds, label, lasts } = alertKindFacts[kind];
  if (!lasts && forSeconds > 0)
    throw wrong('forSeconds', `“${label}” is noticed at once, it does not last: give 0.`);
  for (const [field, value] of Object.entries({ threshold, criticalThreshold })) {
    if (bounds === null) {
      if (value !== null) throw wrong(field, `“${label}” counts nothing: give null.`);
    } else if (value === null) {
      if (field === 'threshold') throw wrong(field, `“${label}” needs a threshold.`);
    } else if (value < bounds.min || value > bounds.max) {
      throw wrong(field, `Give ${bounds.min} to ${bounds.max.toLocaleString('en')} ${bounds.unit}.`);
    }
  }
  if (threshold !== null && criticalThreshold !== null && criticalThreshold < threshold)
    throw wrong('criticalThreshold', 'It has to be at least the threshold.');
}

async function refuseUnknown(
  manager: EntityManager,
  { recipients, channelIds }: UpdateAlertRule,
): Promise<void> {
  const unknown = async (table: 'users' | 'alert_channels', ids: readonly string[]) => {
    const rows = await manager.query<{ id: string }[]>(
      `SELECT id FROM unnest($1::uuid[]) id WHERE id NOT IN (SELECT id FROM ${table})`,
      [ids],
    );
    return rows[0]?.id;
  };
  const user = recipients?.who === 'users' ? await unknown('users', recipients.userIds) : undefined;
  if (user !== undefined) throw wrong('recipients.userIds', `There is no user ${user}.`);
  const channel = channelIds ? await unknown('alert_channels', channelIds) : undefined;
  if (channel !== undefined) throw wrong('channelIds', `There is no channel ${channel}.`);
}

function wrong(field: string, message: string): DomainError {
  return new DomainError('invalid', 'validation_failed', message, [{ path: `body.${field}`, message }]);
}
