import type { AlertDelivery, AlertDeliveryQuery, Page } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Caller } from '../../auth/policy';
import { decodeCursor, toPage } from '../../http/cursor';

/** Shown with an alert. */
const shown = 100;

/** The log of what was delivered, and of what could not be. */
@Injectable()
export class DeliveriesService {
  constructor(private readonly database: DataSource) {}

  /** Newest first. */
  async list({ state, channelId, alertId, cursor, limit }: AlertDeliveryQuery): Promise<Page<AlertDelivery>> {
    const after = decodeCursor(cursor);
    const rows = await this.database.query<DeliveryRow[]>(
      `${deliveries}
        WHERE ($1::text IS NULL OR delivery.state = $1) AND ($2::uuid IS NULL OR delivery.channel_id = $2)
          AND ($3::uuid IS NULL OR delivery.alert_id = $3)
          AND ($4::timestamptz IS NULL OR (delivery.created_at, delivery.id) < ($4, $5::uuid))
        ORDER BY delivery.created_at DESC, delivery.id DESC LIMIT $6`,
      [state, channelId, alertId, after?.at, after?.id, limit + 1],
    );
    const page = toPage(rows, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    return { ...page, items: page.items.map(toDelivery) };
  }

  /** Of one alert, newest first; whoever is no administrator sees those to themselves. */
  async of(caller: Caller, alertId: string): Promise<AlertDelivery[]> {
    const rows = await this.database.query<DeliveryRow[]>(
      `${deliveries} WHERE delivery.alert_id = $1 AND ($2 OR delivery.recipient = (SELECT email FROM users WHERE id = $3))
        ORDER BY delivery.created_at DESC, delivery.id DESC LIMIT ${shown}`,
      [alertId, caller.role === 'ADMIN', caller.id],
    );
    return rows.map(toDelivery);
  }
}

const deliveries = `
  SELECT delivery.id, json_build_object('id', alert.id, 'title', alert.title) AS alert, change.kind AS change,
         json_build_object('id', delivery.channel_id, 'name', delivery.channel_name, 'kind', delivery.channel_kind) AS channel,
         delivery.recipient, delivery.state, delivery.attempt, delivery.error,
         delivery.next_attempt_at AS "nextAttemptAt", delivery.created_at AS "createdAt", delivery.ended_at AS "endedAt"
    FROM alert_deliveries delivery
    JOIN alerts alert ON alert.id = delivery.alert_id
    JOIN alert_changes change ON change.id = delivery.change_id`;

type DeliveryRow = Omit<AlertDelivery, 'nextAttemptAt' | 'createdAt' | 'endedAt'> & {
  nextAttemptAt: Date | null;
  createdAt: Date;
  endedAt: Date | null;
};

function toDelivery({ nextAttemptAt, createdAt, endedAt, ...delivery }: DeliveryRow): AlertDelivery {
  return {
    ...delivery,
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
