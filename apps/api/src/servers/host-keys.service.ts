import type { HostKeyRequest, Server as ServerDto } from '@cronium/contracts';
import { ExecutionError, fetchHostKey } from '@cronium/execution';
import type { HostKey } from '@cronium/server-types';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

import { AlertRecords } from '../alerts/alert-records';
import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import { Notifications } from '../database/notifications';
import { ExecutorRegistry, type OfferedHostKey } from '../executor/executor-registry';
import { ExecutorServers } from '../executor/executor-servers';
import { DomainError } from '../http/domain-error';
import { Server } from './server.entity';
import { ServerHealth } from './server-health';
import { ServersService } from './servers.service';

/** The keys of ssh hosts: fetched for a person to approve, pinned, and noticed when they change. */
@Injectable()
export class HostKeysService implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(HostKeysService.name);
  private listening: Subscription | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly servers: ServersService,
    private readonly health: ServerHealth,
    private readonly executors: ExecutorRegistry,
    private readonly executorServers: ExecutorServers,
    private readonly alerts: AlertRecords,
    private readonly audit: AuditService,
    private readonly notifications: Notifications,
  ) {}

  onModuleInit(): void {
    this.listening = this.executors.offeredHostKeys.subscribe((offer) => {
      this.note(offer).catch((error: unknown) =>
        this.logger.error({ err: error, ...offer }, 'A host key that was offered could not be recorded.'),
      );
    });
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  /** Asks a host for its key. Through a jump host only if the caller may use that. */
  async fetch(caller: Caller, { host, port, jumpServerId }: HostKeyRequest): Promise<HostKey> {
    if (jumpServerId !== null) await this.servers.usable(caller, [jumpServerId]);
    const jump = await this.executorServers.sshServer(jumpServerId);
    try {
      return await fetchHostKey({ host, port, jump });
    } catch (error) {
      if (!(error instanceof ExecutionError)) throw error;
      throw new DomainError('invalid', error.code, error.message, [
        { path: 'body.host', message: error.message },
      ]);
    }
  }

  /** Pins a key: the first one, or another than the pinned. From then on no other is accepted. */
  async approve(caller: Caller, id: string, hostKey: HostKey): Promise<ServerDto> {
    const { server } = await this.servers.manageable(caller, id);
    if (server.type !== 'ssh') {
      throw new DomainError('invalid', 'not_an_ssh_server', `“${server.name}” is not an ssh server.`);
    }
    await this.database.transaction(async (transaction) => {
      await transaction.update(Server, id, { hostKey, offeredHostKey: null });
      await this.health.forgetFault(transaction, id);
      await this.alerts.resolve(transaction, 'host_key_changed', [{ serverId: id }]);
      await this.audit.record(transaction, caller, {
        action: 'server.host_key_approved',
        target: { type: 'server', id, name: server.name },
        details: { before: server.hostKey, after: hostKey },
      });
      await this.notifications.publish(transaction, { kind: 'server.changed', serverId: id });
    });
    return this.servers.get(caller, id);
  }

  /** A job or a check was refused for it. Kept for a person to decide; another key than the pinned one raises an alert. */
  private async note({ serverId, offered }: OfferedHostKey): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const server = await transaction.findOneBy(Server, { id: serverId });
      if (!server || server.offeredHostKey?.fingerprint === offered.fingerprint) return;
      await transaction.update(Server, serverId, { offeredHostKey: offered });
      if (!server.hostKey) return;
      await this.alerts.raise(transaction, {
        kind: 'host_key_changed',
        subject: { serverId },
        title: `The host key of “${server.name}” has changed`,
        details: { pinned: server.hostKey.fingerprint, offered: offered.fingerprint },
      });
    });
  }
}
