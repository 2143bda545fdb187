import type { AlertSilence, AlertSilenceQuery, CreateAlertSilence, Page } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AuditService } from '../../audit/audit.service';
import { type Caller, roleMay } from '../../auth/policy';
import { decodeCursor, toPage } from '../../http/cursor';
import { DomainError, notFound } from '../../http/domain-error';
import { visibleToCaller } from '../alert-rows';
import { stateOf } from './silence-windows';

/** When alerts are not delivered. Who sees the alerts of a server or an event silences them; what is for all of them is administrators'. */
@Injectable()
export class SilencesService {
  constructor(
    private readonly database: DataSource,
    private readonly audit: AuditService,
  ) {}

  /** Newest first. */
  async list(caller: Caller, { over, cursor, limit }: AlertSilenceQuery): Promise<Page<AlertSilence>> {
    const after = decodeCursor(cursor);
    const rows = await this.database.query<SilenceRow[]>(
      `${silences} AND ($3 OR silence.weekly OR silence.ends_at > now())
          AND ($4::timestamptz IS NULL OR (silence.created_at, silence.id) < ($4, $5::uuid))
        ORDER BY silence.created_at DESC, silence.id DESC LIMIT $6`,
      [caller.id, caller.role === 'ADMIN', over, after?.at, after?.id, limit + 1],
    );
    const page = toPage(rows, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    return { ...page, items: page.items.map((row) => toSilence(row, caller)) };
  }

  async create(caller: Caller, details: CreateAlertSilence): Promise<AlertSilence> {
    const id = uuid();
    return this.database.transaction(async (transaction) => {
      await this.requireSubject(transaction, caller, details);
      const { kind, serverId, eventId, reason, startsAt, endsAt, repeat, timezone } = details;
      await transaction.query(
        `INSERT INTO alert_silences (id, kind, server_id, event_id, reason, starts_at, ends_at, weekly, timezone, created_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [id, kind, serverId, eventId, reason, startsAt, endsAt, repeat === 'weekly', timezone, caller.id],
      );
      await this.record(transaction, caller, 'alert_silence.created', id, reason);
      return toSilence(await this.read(transaction, caller, id), caller);
    });
  }

  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const { reason } = await this.read(transaction, caller, id);
      await transaction.query('DELETE FROM alert_silences WHERE id = $1', [id]);
      await this.record(transaction, caller, 'alert_silence.deleted', id, reason);
    });
  }

  private async read(manager: EntityManager, caller: Caller, id: string): Promise<SilenceRow> {
    const [row] = await manager.query<SilenceRow[]>(`${silences} AND silence.id = $3`, [
      caller.id,
      caller.role === 'ADMIN',
      id,
    ]);
    if (!row) throw notFound('alert_silence', id);
    return row;
  }

  /** @throws DomainError when there is no such server or event of which the caller would see alerts */
  private async requireSubject(
    manager: EntityManager,
    caller: Caller,
    { serverId, eventId }: CreateAlertSilence,
  ): Promise<void> {
    const isAdministrator = caller.role === 'ADMIN';
    if (serverId === null && eventId === null) {
      if (isAdministrator) return;
      const message = 'Name a server that you manage or an event of yours: only administrators silence more.';
      throw new DomainError('forbidden', 'forbidden', message, [{ path: 'body.serverId', message }]);
    }
    const rows = await manager.query<unknown[]>(
      `SELECT 1 FROM (SELECT 1) one LEFT JOIN servers server ON server.id = $3 LEFT JOIN events event ON event.id = $4
        WHERE (server.id IS NOT NULL OR event.id IS NOT NULL) AND ${visibleToCaller}`,
      [caller.id, isAdministrator, serverId, eventId],
    );
    if (rows.length > 0) return;
    const [field, what] = serverId === null ? ['eventId', 'event'] : ['serverId', 'server'];
    const message = `There is no such ${what} whose alerts you may silence.`;
    throw new DomainError('invalid', 'validation_failed', message, [{ path: `body.${field}`, message }]);
  }

  private record(
    transaction: EntityManager,
    caller: Caller,
    action: string,
    id: string,
    reason: string,
  ): Promise<void> {
    return this.audit.record(transaction, caller, {
      action,
      target: { type: 'alert_silence', id, name: reason.slice(0, 100) },
    });
  }
}

/** Of what the caller sees alerts of; what is for all, administrators see. */
const silences = `
  SELECT silence.id, silence.kind, silence.reason, silence.starts_at AS "startsAt", silence.ends_at AS "endsAt", silence.weekly,
         silence.timezone, silence.created_at AS "createdAt",
         CASE WHEN server.id IS NOT NULL THEN json_build_object('id', server.id, 'name', server.name) END AS server,
         CASE WHEN event.id IS NOT NULL THEN json_build_object('id', event.id, 'name', event.name) END AS event,
         CASE WHEN person.id IS NOT NULL THEN json_build_object('id', person.id, 'name', person.name) END AS "createdBy"
    FROM alert_silences silence
    LEFT JOIN servers server ON server.id = silence.server_id
    LEFT JOIN events event ON event.id = silence.event_id
    LEFT JOIN users person ON person.id = silence.created_by
   WHERE ${visibleToCaller}`;

type SilenceRow = Omit<
  AlertSilence,
  'startsAt' | 'endsAt' | 'createdAt' | 'repeat' | 'state' | 'mayDelete'
> & {
  startsAt: Date;
  endsAt: Date;
  createdAt: Date;
  weekly: boolean;
};

function toSilence({ weekly, ...row }: SilenceRow, caller: Caller): AlertSilence {
  return {
    ...row,
    startsAt: row.startsAt.toISOString(),
    endsAt: row.endsAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    repeat: weekly ? 'weekly' : 'never',
    state: stateOf({ ...row, weekly }, new Date()),
    mayDelete: roleMay(caller.role, 'alert.change'),
  };
}
