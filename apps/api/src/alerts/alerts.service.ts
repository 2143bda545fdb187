import type { Alert, AlertChange, AlertDetails, AlertQuery, OpenAlerts, Page } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { AuditService } from '../audit/audit.service';
import { type Caller, roleMay } from '../auth/policy';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { AlertRecords, type ByWhom } from './alert-records';
import { alertColumns, type AlertRow, alertTables, toAlert, visibleToCaller } from './alert-rows';
import { DeliveriesService } from './deliveries/deliveries.service';
import { rankOf } from './severity';

/** More of the history of one alert nobody reads at once. */
const changesShown = 100;
/** Named in the bell. */
const openShown = 10;

/** An alert, and who beside the administrators may see it. */
export interface AlertView {
  readonly alert: Alert;
  readonly userIds: readonly string[];
}

/** What of the alerts a caller sees, and does about them. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly database: DataSource,
    private readonly records: AlertRecords,
    private readonly deliveries: DeliveriesService,
    private readonly audit: AuditService,
  ) {}

  /** Of the servers that the caller may manage and of their own events, newest first. */
  async list(caller: Caller, query: AlertQuery): Promise<Page<Alert>> {
    const { open, state, kind, severity, serverId, eventId, cursor, limit } = query;
    const after = decodeCursor(cursor);
    const rows = await this.database.query<AlertRow[]>(
      `SELECT ${alertColumns} FROM ${alertTables}
        WHERE ${visibleToCaller}
          AND (NOT $3 OR alert.resolved_at IS NULL)
          AND ($4::text IS NULL OR alert.state = $4)
          AND ($5::text IS NULL OR alert.kind = $5)
          AND ($6::text IS NULL OR alert.severity = $6)
          AND ($7::uuid IS NULL OR alert.server_id = $7)
          AND ($8::uuid IS NULL OR alert.event_id = $8)
          AND ($9::timestamptz IS NULL OR (alert.opened_at, alert.id) < ($9, $10::uuid))
        ORDER BY alert.opened_at DESC, alert.id DESC LIMIT $11`,
      [
        ...[caller.id, caller.role === 'ADMIN', open, state, kind, severity, serverId, eventId],
        ...[after?.at, after?.id, limit + 1],
      ],
    );
    const page = toPage(rows, limit, ({ openedAt, id }) => ({ at: openedAt, id }));
    return { ...page, items: page.items.map(toAlert) };
  }

  /** Those that nobody has acknowledged. */
  async open(caller: Caller): Promise<OpenAlerts> {
    const rows = await this.database.query<(AlertRow & { counts: OpenAlerts['counts'] })[]>(
      `WITH visible AS MATERIALIZED (
         SELECT ${alertColumns} FROM ${alertTables} WHERE ${visibleToCaller} AND alert.resolved_at IS NULL AND alert.state = 'open')
       SELECT visible.*, (SELECT json_build_object('critical', count(*) FILTER (WHERE severity = 'critical'),
                                                   'warning', count(*) FILTER (WHERE severity = 'warning'),
                                                   'info', count(*) FILTER (WHERE severity = 'info')) FROM visible) AS counts
         FROM visible ORDER BY ${rankOf('severity')} DESC, "openedAt" DESC, id DESC LIMIT ${openShown}`,
      [caller.id, caller.role === 'ADMIN'],
    );
    return {
      counts: rows[0]?.counts ?? { critical: 0, warning: 0, info: 0 },
      items: rows.map(({ counts: _counts, ...row }) => toAlert(row)),
    };
  }

  /** With what became of it, and who was told. */
  async get(caller: Caller, id: string): Promise<AlertDetails> {
    const alert = await this.visible(this.database.manager, caller, id);
    const history = await this.database.query<(Omit<AlertChange, 'at'> & { at: Date })[]>(
      `SELECT change.id, change.at, change.kind, change.severity, change.note, change.silenced_by AS "silencedBy",
              CASE WHEN person.id IS NOT NULL THEN json_build_object('id', person.id, 'name', person.name) END AS by
         FROM alert_changes change LEFT JOIN users person ON person.id = change.by
        WHERE change.alert_id = $1 ORDER BY change.at, change.id LIMIT ${changesShown}`,
      [id],
    );
    return {
      ...toAlert(alert),
      history: history.map((change) => ({ ...change, at: change.at.toISOString() })),
      deliveries: await this.deliveries.of(caller, id),
      mayChange: roleMay(caller.role, 'alert.change'),
    };
  }

  /** Somebody sees to it. */
  acknowledge(caller: Caller, id: string, note: string): Promise<AlertDetails> {
    return this.change(caller, id, note, 'alert.acknowledged', (transaction, by) =>
      this.records.acknowledge(transaction, id, by),
    );
  }

  /** It is over, whatever its rule says. */
  resolve(caller: Caller, id: string, note: string): Promise<AlertDetails> {
    return this.change(caller, id, note, 'alert.resolved', (transaction, by) =>
      this.records.resolveOne(transaction, id, by),
    );
  }

  /** For those who are told of it without asking; null when it is gone. */
  async view(id: string): Promise<AlertView | null> {
    const [row] = await this.database.query<(AlertRow & { userIds: string[] })[]>(
      `SELECT ${alertColumns},
              array(SELECT server.owner_id WHERE server.owner_id IS NOT NULL
                     UNION SELECT event.owner_id WHERE event.owner_id IS NOT NULL
                     UNION SELECT user_id FROM server_shares WHERE server_id = server.id AND level = 'manage') AS "userIds"
         FROM ${alertTables} WHERE alert.id = $1`,
      [id],
    );
    if (!row) return null;
    const { userIds, ...alert } = row;
    return { alert: toAlert(alert), userIds };
  }

  private async change(
    caller: Caller,
    id: string,
    note: string,
    action: string,
    act: (transaction: EntityManager, by: ByWhom) => Promise<void>,
  ): Promise<AlertDetails> {
    await this.database.transaction(async (transaction) => {
      const alert = await this.visible(transaction, caller, id);
      if (alert.state === 'resolved') {
        throw new DomainError('conflict', 'alert_resolved', `“${alert.title}” is resolved already.`);
      }
      await act(transaction, { userId: caller.id, note });
      await this.audit.record(transaction, caller, {
        action,
        target: { type: 'alert', id, name: alert.title },
        details: note === '' ? {} : { note },
      });
    });
    return this.get(caller, id);
  }

  private async visible(manager: EntityManager, caller: Caller, id: string): Promise<AlertRow> {
    const [row] = await manager.query<AlertRow[]>(
      `SELECT ${alertColumns} FROM ${alertTables} WHERE ${visibleToCaller} AND alert.id = $3`,
      [caller.id, caller.role === 'ADMIN', id],
    );
    if (!row) throw notFound('alert', id);
    return row;
  }
}
