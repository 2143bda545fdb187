import type { ShareLevel } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type SelectQueryBuilder } from 'typeorm';

import type { ServerAccess } from '../auth/policy';
import type { Position } from '../http/cursor';
import { Server } from './server.entity';
import { ServerShare } from './server-share.entity';

/** A server, and what is shared with the user in question. */
export interface AccessibleServer {
  readonly server: Server;
  readonly access: ServerAccess;
}

/** What of other tables is shown of a server. */
export interface ServerRelations {
  readonly owner: { id: string; name: string } | null;
  readonly jumpServer: { id: string; name: string } | null;
  readonly load: { active: number; queued: number; waiting: number };
}

export interface ListFilter {
  /** Only own and shared servers, and the system-managed ones if they are included; null for everyone's. */
  readonly listedFor: { readonly userId: string; readonly withSystemManaged: boolean } | null;
  readonly tag: string | undefined;
}

/** Reads of servers that need more than one table. */
@Injectable()
export class ServersRepository {
  constructor(private readonly database: DataSource) {}

  async find(userId: string, id: string): Promise<AccessibleServer | null> {
    const [found] = await this.findAll(userId, [id]);
    return found ?? null;
  }

  findAll(userId: string, ids: readonly string[]): Promise<AccessibleServer[]> {
    return this.read(userId, (select) => select.where('server.id = ANY(:ids)', { ids }));
  }

  /** The servers with a tag, the oldest first. */
  withTag(userId: string, tag: string): Promise<AccessibleServer[]> {
    return this.read(userId, (select) =>
      select.where(':tag = ANY(server.tags)', { tag }).orderBy('server.createdAt').addOrderBy('server.id'),
    );
  }

  /** One page plus one row, the oldest first. */
  list(
    userId: string,
    { listedFor, tag }: ListFilter,
    limit: number,
    after: Position | undefined,
  ): Promise<AccessibleServer[]> {
    return this.read(userId, (select) => {
      select
        .orderBy('server.createdAt')
        .addOrderBy('server.id')
        .limit(limit + 1);
      if (listedFor) {
        const systemManaged = listedFor.withSystemManaged ? ' OR server.isSystemManaged' : '';
        select.andWhere(`(server.ownerId = :userId OR share.level IS NOT NULL${systemManaged})`);
        if (!listedFor.withSystemManaged) select.andWhere('NOT server.isSystemManaged');
      }
      if (tag !== undefined) select.andWhere(':tag = ANY(server.tags)', { tag });
      if (after) select.andWhere('(server.createdAt, server.id) > (:at, :id)', after);
      return select;
    });
  }

  /** What is shown beside each server, by its id. */
  async relationsOf(servers: readonly Server[]): Promise<Map<string, ServerRelations>> {
    const rows = await this.database.query<({ id: string } & ServerRelations)[]>(
      `SELECT server.id,
              CASE WHEN owner.id IS NOT NULL THEN json_build_object('id', owner.id, 'name', owner.name) END AS owner,
              CASE WHEN jump.id IS NOT NULL THEN json_build_object('id', jump.id, 'name', jump.name) END AS "jumpServer",
              (SELECT json_build_object('active', count(*) FILTER (WHERE state IN ('starting', 'running')),
                                        'queued', count(*) FILTER (WHERE state = 'queued'),
                                        'waiting', count(*) FILTER (WHERE waiting_since IS NOT NULL))
                 FROM jobs WHERE jobs.server_id = server.id AND state IN ('queued', 'starting', 'running')) AS load
         FROM servers server
         LEFT JOIN users owner ON owner.id = server.owner_id
         LEFT JOIN servers jump ON jump.id = (server.ssh_config ->> 'jumpServerId')::uuid
        WHERE server.id = ANY($1)`,
      [servers.map(({ id }) => id)],
    );
    return new Map(rows.map(({ id, ...relations }) => [id, relations]));
  }

  /** Jobs that run or wait on each of these servers, by its id. */
  async activeJobs(ids: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ server_id: string; count: number }[]>(
      `SELECT server_id, count(*)::int AS count FROM jobs
        WHERE server_id = ANY($1) AND state IN ('queued', 'starting', 'running') GROUP BY server_id`,
      [ids],
    );
    return new Map(rows.map(({ server_id, count }) => [server_id, count]));
  }

  private async read(
    userId: string,
    narrow: (select: SelectQueryBuilder<Server>) => SelectQueryBuilder<Server>,
  ): Promise<AccessibleServer[]> {
    const select = this.database
      .getRepository(Server)
      .createQueryBuilder('server')
      .leftJoin(ServerShare, 'share', 'share.serverId = server.id AND share.userId = :userId', { userId })
      .addSelect('share.level', 'share_level');
    const { entities, raw } = await narrow(select).getRawAndEntities<{ share_level: ShareLevel | null }>();
    return entities.map((server, index) => ({
      server,
      access: {
        isSystemManaged: server.isSystemManaged,
        ownerId: server.ownerId,
        share: raw[index]?.share_level ?? null,
      },
    }));
  }
}
