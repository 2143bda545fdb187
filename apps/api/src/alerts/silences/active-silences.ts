import type { AlertKind } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { type AlertSubject, eventOf, serverOf } from '../alert-subject';
import { isWithin, type SilenceWindow } from './silence-windows';

/** Which alerts are not to be delivered now. */
@Injectable()
export class ActiveSilences {
  /** The reason of a silence that holds for an alert; null when there is none. */
  async reasonFor(
    manager: EntityManager,
    { kind, subject }: { readonly kind: AlertKind; readonly subject: AlertSubject },
    at: Date,
  ): Promise<string | null> {
    const rows = await manager.query<(SilenceWindow & { reason: string })[]>(
      `SELECT reason, starts_at AS "startsAt", ends_at AS "endsAt", weekly, timezone FROM alert_silences
        WHERE starts_at <= $4 AND (weekly OR ends_at > $4) AND (kind IS NULL OR kind = $1)
          AND (server_id IS NULL OR server_id = $2) AND (event_id IS NULL OR event_id = $3)
        ORDER BY created_at DESC LIMIT 500`,
      [kind, serverOf(subject), eventOf(subject), at],
    );
    return rows.find((silence) => isWithin(silence, at))?.reason ?? null;
  }
}
