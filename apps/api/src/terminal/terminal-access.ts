import type { ShareLevel, TerminalEndReason, UserRole } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { mayManageServer } from '../auth/policy';

/** Who holds, or asks for, a terminal on what. */
export interface TerminalHold {
  readonly userId: string;
  readonly sessionId: string;
  readonly serverId: string;
}

/** What stands behind a terminal now. */
export interface TerminalAccess {
  /** Null when there is no such user, or they are disabled. */
  readonly role: UserRole | null;
  readonly isSignedIn: boolean;
  /** Null when it was deleted. */
  readonly server: {
    readonly name: string;
    readonly ownerId: string | null;
    readonly isSystemManaged: boolean;
    readonly share: ShareLevel | null;
    /** Another value is another way to the host: address, user, credentials and host key, of its jump hosts too. */
    readonly way: string;
  } | null;
}

/** Why a terminal may not go on. */
export interface AccessLoss {
  readonly reason: TerminalEndReason;
  readonly message: string;
}

/** As in executor-servers.ts: more hosts to go through are refused. */
const longestChain = 4;

@Injectable()
export class TerminalAccessReader {
  constructor(private readonly database: DataSource) {}

  /** In the order of the holds, in one query however many there are. */
  async read(holds: readonly TerminalHold[]): Promise<TerminalAccess[]> {
    return this.database.query<TerminalAccess[]>(
      `WITH RECURSIVE hops AS (
         SELECT id AS server_id, 0 AS hop, ssh_config, ssh_credentials, host_key FROM servers WHERE id = ANY($3)
         UNION ALL
         SELECT hops.server_id, hops.hop + 1, next.ssh_config, next.ssh_credentials, next.host_key
           FROM hops JOIN servers next ON next.id = (hops.ssh_config ->> 'jumpServerId')::uuid
          WHERE hops.hop < ${longestChain}
       ), ways AS (
         SELECT server_id, md5(string_agg(jsonb_build_array(ssh_config -> 'host', ssh_config -> 'port',
                  ssh_config -> 'username', ssh_config -> 'jumpServerId', ssh_credentials, host_key)::text,
                ' ' ORDER BY hop)) AS way
           FROM hops GROUP BY server_id
       )
       SELECT person.role, session.id IS NOT NULL AS "isSignedIn",
              CASE WHEN server.id IS NOT NULL THEN json_build_object('name', server.name, 'ownerId', server.owner_id,
                'isSystemManaged', server.is_system_managed, 'share', share.level, 'way', ways.way) END AS server
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) WITH ORDINALITY AS held (user_id, session_id, server_id, place)
         LEFT JOIN users person ON person.id = held.user_id AND person.status = 'ACTIVE'
         LEFT JOIN sessions session
           ON session.id = held.session_id AND session.user_id = held.user_id AND session.expires_at > now()
         LEFT JOIN servers server ON server.id = held.server_id
         LEFT JOIN server_shares share ON share.server_id = held.server_id AND share.user_id = held.user_id
         LEFT JOIN ways ON ways.server_id = held.server_id
        ORDER BY held.place`,
      [
        holds.map(({ userId }) => userId),
        holds.map(({ sessionId }) => sessionId),
        holds.map(({ serverId }) => serverId),
      ],
    );
  }
}

/** Why a terminal that was opened by `way` may not go on; null when it may. */
export function lossOf(userId: string, way: string, now: TerminalAccess): AccessLoss | null {
  const { role, server } = now;
  if (role === null) return { reason: 'account_disabled', message: 'Your account was disabled.' };
  if (!server) return { reason: 'server_deleted', message: 'The server was deleted.' };
  if (!mayManageServer({ id: userId, role }, server)) {
    return { reason: 'access_lost', message: `You may no longer manage “${server.name}”.` };
  }
  if (!now.isSignedIn) {
    const message = 'Your sign-in has ended: you signed out, or your password or role was changed.';
    return { reason: 'signed_out', message };
  }
  if (server.way !== way) {
    const message = `How “${server.name}” is reached was changed. Open the terminal again to use the new connection.`;
    return { reason: 'server_changed', message };
  }
  return null;
}
