import type { Alert, AlertQuery, Page } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import type { Caller } from '../auth/policy';
import { decodeCursor, toPage } from '../http/cursor';

/** What an alert is about. */
export type AlertSubject = { readonly serverId: string } | { readonly eventId: string };

/** What is raised: of one kind and subject there is at most one open alert. */
export interface RaisedAlert {
  readonly kind: Alert['kind'];
  readonly severity: Alert['severity'];
  readonly subject: AlertSubject;
  readonly title: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** How often it is noticed at once; once when it is left out. */
  readonly count?: number;
}

/** Records of what somebody must look at. */
@Injectable()
export class AlertsService {
  constructor(private readonly database: DataSource) {}

  /** Inside the transaction that notices it. Noticed again, the open alert has the newest details, and counts. */
  async raise(transaction: EntityManager, alert: RaisedAlert): Promise<void> {
    const { kind, severity, subject, title, details, count = 1 } = alert;
    const [column, id] = subjectColumn(subject);
    await transaction.query(
      `INSERT INTO alerts AS alert (id, kind, severity, ${column}, title, details, count) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (kind, ${column}) WHERE resolved_at IS NULL
       DO UPDATE SET title = $5, details = $6, count = alert.count + $7`,
      [uuid(), kind, severity, id, title, JSON.stringify(details), count],
    );
  }

  /** Inside the transaction that notices that it is over. */
  async resolve(
    transaction: EntityManager,
    kind: Alert['kind'],
    subjects: readonly AlertSubject[],
  ): Promise<void> {
    await transaction.query(
      `UPDATE alerts SET resolved_at = now()
        WHERE kind = $1 AND (server_id = ANY($2) OR event_id = ANY($2)) AND resolved_at IS NULL`,
      [kind, subjects.map((subject) => subjectColumn(subject)[1])],
    );
  }

  /** Of the servers that the caller may manage and the events that they may see, newest first. */
  async list(caller: Caller, { open, eventId, cursor, limit }: AlertQuery): Promise<Page<Alert>> {
    const after = decodeCursor(cursor);
    const rows = await this.database.query<AlertRow[]>(
      `SELECT alert.id, alert.kind, alert.severity, alert.title, alert.details, alert.count, alert.opened_at, alert.resolved_at,
              CASE WHEN server.id IS NOT NULL THEN json_build_object('id', server.id, 'name', server.name) END AS server,
              CASE WHEN event.id IS NOT NULL THEN json_build_object('id', event.id, 'name', event.name) END AS event
         FROM alerts alert
         LEFT JOIN servers server ON server.id = alert.server_id
         LEFT JOIN events event ON event.id = alert.event_id
        WHERE ($2 OR server.owner_id = $1 OR event.owner_id = $1 OR EXISTS (SELECT 1 FROM server_shares share
                 WHERE share.server_id = server.id AND share.user_id = $1 AND share.level = 'manage'))
          AND (NOT $3 OR alert.resolved_at IS NULL)
          AND ($7::uuid IS NULL OR alert.event_id = $7)
          AND ($5::timestamptz IS NULL OR (alert.opened_at, alert.id) < ($5, $6::uuid))
        ORDER BY alert.opened_at DESC, alert.id DESC LIMIT $4`,
      [
        ...[caller.id, caller.role === 'ADMIN', open, limit + 1],
        ...[after?.at ?? null, after?.id ?? null, eventId ?? null],
      ],
    );
    const page = toPage(rows, limit, ({ opened_at, id }) => ({ at: opened_at, id }));
    return {
      ...page,
      items: page.items.map(({ opened_at, resolved_at, ...alert }) => ({
        ...alert,
        openedAt: opened_at.toISOString(),
        resolvedAt: resolved_at?.toISOString() ?? null,
      })),
    };
  }
}

function subjectColumn(subject: AlertSubject): [column: 'server_id' | 'event_id', id: string] {
  return 'serverId' in subject ? ['server_id', subject.serverId] : ['event_id', subject.eventId];
}

interface AlertRow extends Omit<Alert, 'openedAt' | 'resolvedAt'> {
  opened_at: Date;
  resolved_at: Date | null;
}
