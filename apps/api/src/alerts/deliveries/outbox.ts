import type { AlertChange } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { Changed } from '../alert-records';
import { groupedKinds } from '../channels/grouped-kinds';
import { ActiveSilences } from '../silences/active-silences';

/** Who is to hear of a change, put down in the transaction that makes it: it is delivered if and only if it happened. */
@Injectable()
export class Outbox {
  constructor(private readonly silences: ActiveSilences) {}

  /**
   * Nobody while a silence holds; and nobody hears of the end of what they never heard of.
   */
  async tell(
    transaction: EntityManager,
    alert: Changed,
    change: { readonly id: string; readonly kind: AlertChange['kind']; readonly at: Date },
  ): Promise<void> {
    const silencedBy = await this.silences.reasonFor(transaction, alert, change.at);
    if (silencedBy !== null) {
      await transaction.query('UPDATE alert_changes SET silenced_by = $2 WHERE id = $1', [
        change.id,
        silencedBy,
      ]);
      return;
    }
    await transaction.query(deliver, [
      ...[alert.id, change.id, change.at, change.kind === 'resolved', groupedKinds],
    ]);
    if (change.kind !== 'resolved')
      await transaction.query('UPDATE alerts SET told_severity = severity WHERE id = $1', [alert.id]);
  }
}

/** By e-mail to each recipient, after a while, so that others can go with it; by any other channel once, and at once. */
const deliver = `
  WITH told AS (
    SELECT alert.id, rule.recipients, rule.user_ids, rule.channel_ids, coalesce(server.owner_id, event.owner_id) AS owner_id
      FROM alerts alert JOIN alert_rules rule ON rule.kind = alert.kind
      LEFT JOIN servers server ON server.id = alert.server_id
      LEFT JOIN events event ON event.id = alert.event_id
     WHERE alert.id = $1 AND (NOT $4 OR alert.told_severity IS NOT NULL)),
  chosen AS (
    SELECT person.email FROM told JOIN users person ON person.status = 'ACTIVE' AND (
           (told.recipients = 'owner' AND person.id = told.owner_id)
        OR (told.recipients = 'administrators' AND person.role = 'ADMIN')
        OR (told.recipients = 'users' AND person.id = ANY(told.user_ids)))),
  recipients AS (
    SELECT email FROM chosen
     UNION ALL SELECT email FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE' AND NOT EXISTS (SELECT 1 FROM chosen))
  INSERT INTO alert_deliveries (id, alert_id, change_id, channel_id, channel_name, channel_kind, recipient, next_attempt_at, created_at)
  SELECT gen_random_uuid(), told.id, $2, channel.id, channel.name, channel.kind, target.name,
         $3::timestamptz + CASE WHEN channel.kind = ANY($5) THEN make_interval(secs => pause.value::text::float8) ELSE '0 s' END, $3
    FROM system_settings pause, told JOIN alert_channels channel ON channel.enabled AND (told.channel_ids IS NULL OR channel.id = ANY(told.channel_ids))
   CROSS JOIN LATERAL (
     SELECT email AS name FROM recipients WHERE channel.kind = 'email'
      UNION ALL
     SELECT substring(channel.config ->> 'url' FROM '^[a-z]+://([^/?#]+)') WHERE channel.kind = 'webhook') target
   WHERE pause.key = 'alert_mail_group_seconds'
  ON CONFLICT DO NOTHING`;
