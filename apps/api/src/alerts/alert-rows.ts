import type { Alert } from '@cronium/contracts';

/** An alert as it is answered, from `alertTables`. */
export const alertColumns = `
  alert.id, alert.kind, alert.severity, alert.state, alert.title, alert.details, alert.count,
  alert.opened_at AS "openedAt", alert.acknowledged_at AS "acknowledgedAt", alert.resolved_at AS "resolvedAt",
  CASE WHEN server.id IS NOT NULL THEN json_build_object('id', server.id, 'name', server.name) END AS server,
  CASE WHEN event.id IS NOT NULL THEN json_build_object('id', event.id, 'name', event.name) END AS event,
  CASE WHEN acknowledger.id IS NOT NULL THEN json_build_object('id', acknowledger.id, 'name', acknowledger.name) END
    AS "acknowledgedBy"`;

export const alertTables = `
  alerts alert
  LEFT JOIN servers server ON server.id = alert.server_id
  LEFT JOIN events event ON event.id = alert.event_id
  LEFT JOIN users acknowledger ON acknowledger.id = alert.acknowledged_by`;

/** Of the servers that the caller may manage, and of their own events. `$1` is the caller, `$2` whether they are an administrator. */
export const visibleToCaller = `
  ($2 OR server.owner_id = $1 OR event.owner_id = $1 OR EXISTS (
    SELECT 1 FROM server_shares share WHERE share.server_id = server.id AND share.user_id = $1 AND share.level = 'manage'))`;

export interface AlertRow extends Omit<Alert, 'openedAt' | 'acknowledgedAt' | 'resolvedAt'> {
  openedAt: Date;
  acknowledgedAt: Date | null;
  resolvedAt: Date | null;
}

export function toAlert({ openedAt, acknowledgedAt, resolvedAt, ...alert }: AlertRow): Alert {
  return {
    ...alert,
    openedAt: openedAt.toISOString(),
    acknowledgedAt: acknowledgedAt?.toISOString() ?? null,
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}
