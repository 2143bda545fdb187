import type {
  ChangedServerShares,
  PutServerShares,
  ServerShare as ShareDto,
  ServerShares,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import { Notifications } from '../database/notifications';
import { DomainError } from '../http/domain-error';
import { SettingsService } from '../settings/settings.service';
import { UsersService } from '../users/users.service';
import { ServerShare } from './server-share.entity';
import { ServersService } from './servers.service';

/** Who else may use or manage a server. */
@Injectable()
export class SharingService {
  constructor(
    private readonly database: DataSource,
    private readonly servers: ServersService,
    private readonly users: UsersService,
    private readonly settings: SettingsService,
    private readonly audit: AuditService,
    private readonly notifications: Notifications,
  ) {}

  async list(caller: Caller, serverId: string): Promise<ServerShares> {
    await this.servers.manageable(caller, serverId);
    return { items: await readShares(this.database.manager, serverId) };
  }

  /** Replaces the whole list. Events of whoever lost access stay as they are and do not run; the answer names them. */
  async replace(caller: Caller, serverId: string, { items }: PutServerShares): Promise<ChangedServerShares> {
    const { server } = await this.servers.manageable(caller, serverId);
    if (server.isSystemManaged) {
      throw new DomainError(
        'invalid',
        'system_managed',
        `“${server.name}” has no owner to share it; the setting local_execution_access says who may use it.`,
      );
    }
    const shares = await this.resolve(items, server.ownerId);
    const access = await this.settings.get('local_execution_access');
    return this.database.transaction(async (transaction) => {
      await transaction.delete(ServerShare, { serverId });
      await transaction.insert(
        ServerShare,
        shares.map(({ userId, level }) => ({ serverId, userId, level })),
      );
      await this.audit.record(transaction, caller, {
        action: 'server.shared',
        target: { type: 'server', id: serverId, name: server.name },
        details: { shares },
      });
      await this.notifications.publish(transaction, { kind: 'server.changed', serverId });
      return {
        items: await readShares(transaction, serverId),
        blockedEvents: await this.servers.blockedEvents(transaction, serverId, access),
      };
    });
  }

  /** Users by id; a share that cannot be is refused at its field. */
  private async resolve(
    items: PutServerShares['items'],
    ownerId: string | null,
  ): Promise<{ userId: string; level: ShareDto['level'] }[]> {
    const byEmail = await this.users.idsByEmail(items.flatMap(({ email }) => email ?? []));
    const known = await this.users.existing(items.flatMap(({ userId }) => userId ?? []));
    const seen = new Set<string>();
    return items.map(({ userId, email, level }, index) => {
      const refuse = (field: string, message: string) =>
        new DomainError('invalid', 'share_invalid', message, [
          { path: `body.items.${index}.${field}`, message },
        ]);
      const id = userId ?? byEmail.get(email?.toLowerCase() ?? '');
      if (id === undefined) throw refuse('email', `There is no user with the e-mail ${email ?? ''}.`);
      if (userId !== undefined && !known.has(userId)) throw refuse('userId', `There is no user ${userId}.`);
      if (id === ownerId) throw refuse(userId ? 'userId' : 'email', 'The owner has the server already.');
      if (seen.has(id))
        throw refuse(userId ? 'userId' : 'email', 'This user is there twice; remove one of them.');
      seen.add(id);
      return { userId: id, level };
    });
  }
}

async function readShares(manager: EntityManager, serverId: string): Promise<ShareDto[]> {
  return manager.query<ShareDto[]>(
    `SELECT json_build_object('id', person.id, 'name', person.name, 'email', person.email) AS "user", share.level
       FROM server_shares share JOIN users person ON person.id = share.user_id
      WHERE share.server_id = $1 ORDER BY lower(person.name), person.id`,
    [serverId],
  );
}
