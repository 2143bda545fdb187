import type { AlertChange, AlertKind, AlertSeverity } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Notifications } from '../database/notifications';
import { type AlertSubject, eventOf, serverOf, subjectOf } from './alert-subject';
import { Outbox } from './deliveries/outbox';
import { isMoreSevere, rankOf } from './severity';

/** What is raised: of one kind and subject there is at most one alert that is not resolved. */
export interface RaisedAlert {
  readonly kind: AlertKind;
  /** The severity of its rule when it is left out. */
  readonly severity?: AlertSeverity;
  readonly subject: AlertSubject;
  readonly title: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** How often it is noticed at once; once when it is left out. 0 only brings what is known of it up to date. */
  readonly count?: number;
  /** The transaction's time when it is left out. */
  readonly at?: Date;
}

/** By whom an alert is changed, and what they write. */
export interface ByWhom {
  readonly userId: string;
  readonly note: string;
}

/** The alerts, what becomes of them, and who is to hear of it, all in the transaction of whoever notices. */
@Injectable()
export class AlertRecords {
  constructor(
    private readonly outbox: Outbox,
    private readonly notifications: Notifications,
  ) {}

  /** Nothing happens while its rule is off. Noticed again, the alert has the newest details, and counts. */
  async raise(transaction: EntityManager, alert: RaisedAlert): Promise<void> {
    const { kind, severity, subject, title, details, count = 1, at } = alert;
    const { matching, arbiter } = openOne(subject);
    const [row] = await transaction.query<RaisedRow[]>(
      `WITH before AS (SELECT severity FROM alerts WHERE kind = $2 AND ${matching} AND resolved_at IS NULL)
       INSERT INTO alerts AS alert (id, kind, severity, server_id, event_id, title, details, count, opened_at)
       SELECT $1, $2, coalesce($3, rule.severity), $4, $5, $6, $7, greatest($8::integer, 1), coalesce($9, now())
         FROM alert_rules rule WHERE rule.kind = $2 AND rule.enabled
       ON CONFLICT ${arbiter}
       DO UPDATE SET title = excluded.title, details = excluded.details, count = alert.count + $8,
                     severity = CASE WHEN ${rankOf('excluded.severity')} > ${rankOf('alert.severity')}
                                     THEN excluded.severity ELSE alert.severity END
       RETURNING alert.id, alert.severity, alert.xmax = 0 AS "isNew", (SELECT severity FROM before) AS before,
                 coalesce($9, now()) AS at`,
      [
        ...[uuid(), kind, severity ?? null, serverOf(subject), eventOf(subject)],
        ...[title, JSON.stringify(details), count, at ?? null],
      ],
    );
    if (!row) return;
    const isWorse = !row.isNew && row.before !== null && isMoreSevere(row.severity, row.before);
    if (row.isNew || isWorse) {
      await this.record(
        transaction,
        { id: row.id, kind, severity: row.severity, subject },
        { kind: row.isNew ? 'opened' : 'severity_raised', at: row.at },
      );
    }
    await this.notifications.publish(transaction, { kind: 'alert.changed', alertId: row.id });
  }

  /** Those of these subjects that are not resolved yet. */
  async resolve(
    transaction: EntityManager,
    kind: AlertKind,
    subjects: readonly AlertSubject[],
    at?: Date,
  ): Promise<void> {
    const ids = subjects.flatMap((subject) => serverOf(subject) ?? eventOf(subject) ?? []);
    await this.close(
      transaction,
      `kind = $2 AND (server_id = ANY($3) OR event_id = ANY($3) OR ($4 AND server_id IS NULL AND event_id IS NULL))`,
      [at ?? null, kind, ids, subjects.includes('system')],
    );
  }

  /** By a person. If what it is about goes on, it opens anew when it has lasted as long as its rule says. */
  async resolveOne(transaction: EntityManager, id: string, by: ByWhom): Promise<void> {
    await this.close(transaction, 'id = $2', [null, id], by);
    await transaction.query(
      `DELETE FROM alert_conditions condition USING alerts alert
        WHERE alert.id = $1 AND condition.kind = alert.kind
          AND condition.subject_id = coalesce(alert.server_id, alert.event_id, '${noSubject}')`,
      [id],
    );
  }

  /** Nothing happens when it is resolved, or acknowledged already. */
  async acknowledge(transaction: EntityManager, id: string, by: ByWhom): Promise<void> {
    const [rows] = await transaction.query<[ChangedRow[], number]>(
      `UPDATE alerts SET acknowledged_at = now(), acknowledged_by = $2 WHERE id = $1 AND state = 'open' RETURNING ${changedColumns}, now() AS at`,
      [id, by.userId],
    );
    for (const row of rows) await this.note(transaction, row, 'acknowledged', by);
  }

  /** What silences have kept back, and do so no longer. */
  async tellAnew(transaction: EntityManager, id: string, at: Date): Promise<void> {
    const [row] = await transaction.query<(ChangedRow & { change: string })[]>(
      `SELECT ${changedColumns}, (SELECT id FROM alert_changes WHERE alert_id = $1 AND kind IN ('opened', 'severity_raised')
                                   ORDER BY at DESC, id DESC LIMIT 1) AS change
         FROM alerts WHERE id = $1 AND resolved_at IS NULL FOR NO KEY UPDATE`,
      [id],
    );
    if (!row?.change) return;
    await this.outbox.tell(transaction, toChanged(row), { id: row.change, kind: 'opened', at });
  }

  /** @param condition in SQL, with values from `$2` on; `$1` is the time */
  private async close(
    transaction: EntityManager,
    condition: string,
    values: unknown[],
    by?: ByWhom,
  ): Promise<void> {
    const [rows] = await transaction.query<[ChangedRow[], number]>(
      `UPDATE alerts SET resolved_at = coalesce($1::timestamptz, now()) WHERE ${condition} AND resolved_at IS NULL
       RETURNING ${changedColumns}, resolved_at AS at`,
      values,
    );
    for (const row of rows) await this.note(transaction, row, 'resolved', by);
  }

  private async note(
    transaction: EntityManager,
    row: ChangedRow,
    kind: AlertChange['kind'],
    by?: ByWhom,
  ): Promise<void> {
    await this.record(transaction, toChanged(row), { kind, at: row.at, ...(by ? { by } : {}) });
    await this.notifications.publish(transaction, { kind: 'alert.changed', alertId: row.id });
  }

  private async record(
    transaction: EntityManager,
    alert: Changed,
    { kind, at, by }: { readonly kind: AlertChange['kind']; readonly at: Date; readonly by?: ByWhom },
  ): Promise<void> {
    const id = uuid();
    await transaction.query(
      'INSERT INTO alert_changes (id, alert_id, at, kind, severity, by, note) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [id, alert.id, at, kind, alert.severity, by?.userId ?? null, by?.note || null],
    );
    if (kind !== 'acknowledged') await this.outbox.tell(transaction, alert, { id, kind, at });
  }
}

/** In place of the subject of what is about the installation. */
export const noSubject = '00000000-0000-0000-0000-000000000000';

/** An alert as far as it matters for who hears of it. */
export interface Changed {
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly subject: AlertSubject;
}

const changedColumns = 'id, kind, severity, server_id AS "serverId", event_id AS "eventId"';

interface ChangedRow {
  id: string;
  kind: AlertKind;
  severity: AlertSeverity;
  serverId: string | null;
  eventId: string | null;
  at: Date;
}

interface RaisedRow {
  id: string;
  severity: AlertSeverity;
  isNew: boolean;
  before: AlertSeverity | null;
  at: Date;
}

function toChanged({ id, kind, severity, serverId, eventId }: ChangedRow): Changed {
  return { id, kind, severity, subject: subjectOf(serverId, eventId) };
}

/** How the alert of a subject that is not resolved is found, and which index sees to it that there is one. */
function openOne(subject: AlertSubject): { readonly matching: string; readonly arbiter: string } {
  if (subject === 'system') {
    const none = 'server_id IS NULL AND event_id IS NULL AND $4::uuid IS NULL AND $5::uuid IS NULL';
    return {
      matching: none,
      arbiter: '(kind) WHERE resolved_at IS NULL AND server_id IS NULL AND event_id IS NULL',
    };
  }
  return 'serverId' in subject
    ? { matching: 'server_id = $4', arbiter: '(kind, server_id) WHERE resolved_at IS NULL' }
    : { matching: 'event_id = $5', arbiter: '(kind, event_id) WHERE resolved_at IS NULL' };
}
