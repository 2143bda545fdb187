import type {
  CreateContainerServer,
  JoinBroker,
  Server as ServerDto,
  UpdateBroker,
  UpdateServer,
} from '@cronium/contracts';
import { JoinError, joinBroker, leaveBroker, type RemoteBroker } from '@cronium/execution';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import { ExecutorServers } from '../executor/executor-servers';
import { DomainError } from '../http/domain-error';
import { SecretsService } from '../secrets/secrets.service';
import { SettingsService } from '../settings/settings.service';
import { changedContainerConfig } from './server-config';
import { sealBrokerIdentity } from './server-credentials';
import { Server } from './server.entity';
import { requireContainerAdministrator, ServersService } from './servers.service';

type BrokerColumns = Pick<Server, 'broker' | 'brokerCredentials'>;

/** Adds, changes and removes container servers on other machines, by their brokers. */
@Injectable()
export class ContainerServersService {
  private readonly logger = new Logger('ContainerServers');

  constructor(
    private readonly database: DataSource,
    private readonly servers: ServersService,
    private readonly executorServers: ExecutorServers,
    private readonly settings: SettingsService,
    private readonly secrets: SecretsService,
    private readonly audit: AuditService,
  ) {}

  async create(caller: Caller, details: CreateContainerServer): Promise<ServerDto> {
    requireContainerAdministrator(caller);
    const { broker, containerConfig, ...others } = details;
    const id = uuid();
    const config = changedContainerConfig({}, containerConfig);
    const joined = await this.join(id, broker);
    await this.database.transaction(async (transaction) => {
      await transaction.insert(Server, {
        ...{ ...others, id, ...joined },
        isSystemManaged: false,
        ownerId: caller.id,
        containerConfig: config,
      });
      await this.audit.record(transaction, caller, {
        action: 'server.created',
        target: { type: 'server', id, name: details.name },
        details: { broker: broker.address },
      });
    });
    return this.servers.get(caller, id);
  }

  /** Another address of the same broker, or another broker, by its join token. Jobs that run keep the way they started with. */
  async update(
    caller: Caller,
    id: string,
    { broker: change, ...others }: UpdateServer & { readonly broker: UpdateBroker },
  ): Promise<ServerDto> {
    const { server } = await this.servers.manageable(caller, id);
    requireContainerAdministrator(caller);
    if (!server.broker) {
      const message = `“${server.name}” has no broker on another machine. Add a server for that.`;
      throw new DomainError('invalid', 'not_remote', message, [{ path: 'body.broker', message }]);
    }
    // All that can be refused comes before the join token, which serves once.
    this.servers.apply(caller, server, others);
    const address = change.address ?? server.broker.address;
    const before = change.joinToken === undefined ? undefined : this.executorServers.remoteBroker(server);
    if (change.joinToken === undefined) {
      server.broker = { ...server.broker, address };
    } else {
      Object.assign(server, await this.join(id, { address, joinToken: change.joinToken }));
    }
    await this.servers.save(caller, server, ['broker', ...Object.keys(others)], true);
    this.leave(before);
    return this.servers.get(caller, id);
  }

  /** As any server is deleted; the broker of one on another machine forgets this installation. */
  async delete(caller: Caller, id: string, confirmed: boolean): Promise<void> {
    const { server } = await this.servers.manageable(caller, id);
    await this.servers.delete(caller, id, confirmed);
    this.leave(this.executorServers.remoteBroker(server));
  }

  private async join(serverId: string, { address, joinToken }: JoinBroker): Promise<BrokerColumns> {
    const installationId = await this.settings.get('installation_id');
    try {
      const { fingerprint, identity } = await joinBroker(address, joinToken, installationId);
      return {
        broker: { address, fingerprint },
        brokerCredentials: sealBrokerIdentity(this.secrets, serverId, identity),
      };
    } catch (error) {
      if (!(error instanceof JoinError)) throw error;
      const { field, message } = error;
      throw new DomainError('invalid', 'broker_not_joined', message, [
        { path: `body.broker.${field}`, message },
      ]);
    }
  }

  /** A broker that is away remembers a certificate that nobody has any more, which does no harm. */
  private leave(broker: RemoteBroker | undefined): void {
    if (!broker) return;
    leaveBroker(broker).catch((error: unknown) =>
      this.logger.warn({ err: error, broker: broker.address }, 'A broker was not told that it was left.'),
    );
  }
}
