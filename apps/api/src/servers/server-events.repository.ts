import type { BlockedEvents, LocalExecutionAccess, ShareLevel, UserRole } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { mayUseServer } from '../auth/policy';

/** Events named at most; the count says how many there are. */
const named = 100;

interface Pair {
  owner_id: string;
  role: UserRole;
  server_id: string;
  server_owner_id: string | null;
  is_system_managed: boolean;
  share: ShareLevel | null;
}

/** Which events run on a server, and which of them may not any more. */
@Injectable()
export class ServerEventsRepository {
  /** Every event that names the server. */
  async on(manager: EntityManager, serverId: string): Promise<BlockedEvents> {
    const pairs = await this.pairs(manager, serverId);
    return this.eventsOf(manager, pairs);
  }

  /**
   * Events that name the server and whose owner may not use it. The policy is asked once for each owner, not for each event.
   */
  async blocked(
    manager: EntityManager,
    serverId: string,
    access: LocalExecutionAccess,
  ): Promise<BlockedEvents> {
    const pairs = await this.pairs(manager, serverId);
    const blocked = pairs.filter(({ owner_id, role, server_owner_id, is_system_managed, share }) => {
      const server = { isSystemManaged: is_system_managed, ownerId: server_owner_id, share };
      return !mayUseServer({ id: owner_id, role }, server, access);
    });
    return this.eventsOf(manager, blocked);
  }

  private pairs(manager: EntityManager, serverId: string): Promise<Pair[]> {
    return manager.query<Pair[]>(
      `SELECT DISTINCT event.owner_id, owner.role, server.id AS server_id, server.owner_id AS server_owner_id,
              server.is_system_managed, share.level AS share
         FROM event_servers chosen
         JOIN events event ON event.id = chosen.event_id
         JOIN users owner ON owner.id = event.owner_id
         JOIN servers server ON server.id = chosen.server_id
         LEFT JOIN server_shares share ON share.server_id = server.id AND share.user_id = event.owner_id
        WHERE chosen.server_id = $1`,
      [serverId],
    );
  }

  private async eventsOf(manager: EntityManager, pairs: readonly Pair[]): Promise<BlockedEvents> {
    const [first] = pairs;
    if (!first) return { count: 0, items: [] };
    const rows = await manager.query<
      { id: string; name: string; owner: { id: string; name: string }; count: number }[]
    >(
      `SELECT event.id, event.name, json_build_object('id', owner.id, 'name', owner.name) AS owner,
              count(*) OVER ()::int AS count
         FROM event_servers chosen
         JOIN events event ON event.id = chosen.event_id
         JOIN users owner ON owner.id = event.owner_id
        WHERE chosen.server_id = $1 AND event.owner_id = ANY($2)
        ORDER BY lower(event.name), event.id LIMIT ${named}`,
      [first.server_id, pairs.map(({ owner_id }) => owner_id)],
    );
    return {
      count: rows[0]?.count ?? 0,
      items: rows.map(({ id, name, owner }) => ({ id, name, owner })),
    };
  }
}
