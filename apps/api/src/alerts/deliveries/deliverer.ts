import type { AlertChange } from '@cronium/contracts';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Config } from '../../config/config';
import { DeliveryError } from '../channels/alert-channel';
import type { AlertMessage, MessageGroup } from '../channels/alert-message';
import { ChannelFactory } from '../channels/channel-factory';
import { groupedKinds } from '../channels/grouped-kinds';
import { channelColumns, type StoredChannel } from '../channels/channel-rows';
import { secondsAfter } from './backoff';

/** Sent at one time. */
const batch = 20;
/** A process that does not say what came of it for so long is dead; channels give up earlier. */
const leaseSeconds = 120;
/** As the port says. */
const longestSeconds = 60;

/** Goes in one message at most, beside what is due. */
const largestGroup = 200;
/** Any number that nothing else uses. */
const lockKey = 720_018;

/** With what is due goes what waits for its first attempt by the same channel and to the same recipient, where its kind goes together. */
const claimStatement = `
  WITH due AS (
    SELECT id, channel_id, recipient FROM alert_deliveries
     WHERE next_attempt_at <= $1 ORDER BY next_attempt_at LIMIT ${batch} FOR UPDATE SKIP LOCKED),
  companions AS (
    SELECT id FROM alert_deliveries
     WHERE next_attempt_at IS NOT NULL AND (next_attempt_at <= $1 OR (state = 'waiting' AND attempt = 0)) AND channel_kind = ANY($2)
       AND (channel_id, recipient) IN (SELECT channel_id, recipient FROM due) AND id NOT IN (SELECT id FROM due)
     ORDER BY created_at LIMIT ${largestGroup} FOR UPDATE SKIP LOCKED),
  taken AS (
    UPDATE alert_deliveries delivery
       SET state = 'sending', attempt = attempt + 1, next_attempt_at = $1::timestamptz + interval '${leaseSeconds} s'
      FROM (SELECT id FROM due UNION ALL SELECT id FROM companions) wanted WHERE delivery.id = wanted.id RETURNING delivery.*)
  SELECT taken.id, taken.attempt, taken.recipient, change.kind AS change, change.at,
         (SELECT row_to_json(channel) FROM (SELECT ${channelColumns} FROM alert_channels WHERE id = taken.channel_id) channel) AS channel,
         alert.id AS "alertId", alert.kind, change.severity, alert.state, alert.title, alert.details,
         alert.opened_at AS "openedAt", alert.resolved_at AS "resolvedAt",
         CASE WHEN server.id IS NOT NULL THEN json_build_object('id', server.id, 'name', server.name) END AS server,
         CASE WHEN event.id IS NOT NULL THEN json_build_object('id', event.id, 'name', event.name) END AS event
    FROM taken
    JOIN alert_changes change ON change.id = taken.change_id
    JOIN alerts alert ON alert.id = taken.alert_id
    LEFT JOIN servers server ON server.id = alert.server_id
    LEFT JOIN events event ON event.id = alert.event_id`;

/** Takes what is due out of the outbox, delivers it, and writes down what came of it. */
@Injectable()
export class Deliverer {
  private readonly logger = new Logger(Deliverer.name);

  constructor(
    private readonly database: DataSource,
    private readonly channels: ChannelFactory,
    private readonly config: Config,
  ) {}

  /** Each is taken by one process alone. How many were taken: a batch at most, and what goes to the same recipients with it. */
  async deliverDue(now: Date): Promise<number> {
    const due = await this.claim(now);
    await Promise.all(groupsOf(due).map((group) => this.deliver(group, now)));
    return due.length;
  }

  /** Null when nothing waits. */
  async nextAt(): Promise<Date | null> {
    const [row] = await this.database.query<{ at: Date | null }[]>(
      'SELECT min(next_attempt_at) AS at FROM alert_deliveries WHERE next_attempt_at IS NOT NULL',
    );
    return row?.at ?? null;
  }

  /** One process at a time, so that what goes together is not taken apart. */
  private claim(now: Date): Promise<Due[]> {
    return this.database.transaction(async (transaction) => {
      await transaction.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
      return transaction.query<Due[]>(claimStatement, [now, groupedKinds]);
    });
  }

  /** @param group of one channel and recipient */
  private async deliver(group: Group, now: Date): Promise<void> {
    const [{ channel, recipient }] = group;
    try {
      if (!channel) throw new DeliveryError('The channel was deleted.', false);
      if (!channel.enabled) throw new DeliveryError('The channel is switched off.', false);
      const way = this.channels.create(channel);
      const [first, ...others] = group;
      const messages: MessageGroup = [this.messageOf(first), ...others.map((one) => this.messageOf(one))];
      if (messages.length === 1) await inTime(way.deliver(messages[0], recipient));
      else if (way.deliverTogether) await inTime(way.deliverTogether(messages, recipient));
      else throw new Error(`Messages by ${channel.kind} do not go together.`);
      await Promise.all(group.map((one) => this.end(one, 'delivered', null, now)));
    } catch (error) {
      await Promise.all(group.map((one) => this.failed(one, error, now)));
    }
  }

  private async failed(due: Due, error: unknown, now: Date): Promise<void> {
    const isRetryable = !(error instanceof DeliveryError) || error.isRetryable;
    const reason = (error instanceof Error ? error.message : String(error))
      .replaceAll('\0', '')
      .slice(0, 1000);
    const pause = isRetryable ? secondsAfter(due.attempt) : null;
    this.logger.warn(
      { deliveryId: due.id, channel: due.channel?.name, attempt: due.attempt, reason, pause },
      'An alert could not be delivered.',
    );
    if (pause === null) return this.end(due, 'failed', reason, now);
    await this.database.query(
      `UPDATE alert_deliveries SET state = 'waiting', error = $3, next_attempt_at = $4
        WHERE id = $1 AND state = 'sending' AND attempt = $2`,
      [due.id, due.attempt, reason, new Date(now.getTime() + pause * 1000)],
    );
  }

  /** Not when another process has taken it over meanwhile. */
  private async end(
    { id, attempt }: Due,
    state: 'delivered' | 'failed',
    error: string | null,
    now: Date,
  ): Promise<void> {
    await this.database.query(
      `UPDATE alert_deliveries SET state = $3, error = coalesce($4, error), next_attempt_at = NULL, ended_at = $5
        WHERE id = $1 AND state = 'sending' AND attempt = $2`,
      [id, attempt, state, error, now],
    );
  }

  private messageOf(due: Due): AlertMessage {
    const { publicUrl } = this.config;
    const { kind, severity, state, title, details, server, event, openedAt, resolvedAt } = due;
    return {
      deliveryId: due.id,
      change: due.change,
      at: due.at,
      alert: {
        ...{ id: due.alertId, kind, severity, state, title, details, server, event, openedAt, resolvedAt },
      },
      link: publicUrl === undefined ? null : `${publicUrl}/alerts/${due.alertId}`,
    };
  }
}

type Group = readonly [Due, ...Due[]];

/** What goes as one message; the oldest first. */
function groupsOf(due: readonly Due[]): Group[] {
  const groups = new Map<string, [Due, ...Due[]]>();
  const inOrder = due.toSorted((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1));
  for (const one of inOrder) {
    const isGrouped = one.channel !== null && groupedKinds.includes(one.channel.kind);
    const key = isGrouped ? `${one.channel.id} ${one.recipient}` : one.id;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

/** A side that answers forever, byte by byte, must not outlast the lease. */
async function inTime(delivery: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const tell = () => reject(new DeliveryError(`It took longer than ${longestSeconds} s.`, true));
    timer = setTimeout(tell, longestSeconds * 1000);
  });
  try {
    await Promise.race([delivery, limit]);
  } finally {
    clearTimeout(timer);
  }
}

type Due = Omit<AlertMessage['alert'], 'id' | 'kind'> & {
  readonly id: string;
  readonly attempt: number;
  readonly recipient: string;
  readonly change: AlertChange['kind'];
  readonly at: Date;
  /** Null when it was deleted; its times are texts. */
  readonly channel: StoredChannel | null;
  readonly alertId: string;
  readonly kind: Exclude<AlertMessage['alert']['kind'], 'test'>;
};
