import type { ServerBroker } from '@cronium/contracts';
import type { ExecutorServer, RemoteBroker, SshServer } from '@cronium/execution';
import { containerConfigSchema, type HostKey, sshConfigSchema } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { SecretsService } from '../secrets/secrets.service';
import { openBrokerIdentity, openCredentials } from '../servers/server-credentials';

/** A server's row, as far as running on it is concerned. */
export interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly containerConfig: unknown;
  /** Of containers on another machine. */
  readonly broker: ServerBroker | null;
  /** Sealed. */
  readonly brokerCredentials: string | null;
  readonly sshConfig: unknown;
  /** Sealed. */
  readonly sshCredentials: string | null;
  readonly hostKey: HostKey | null;
}

/** Hosts to go through at most: more is a mistake, or a circle. */
const longestChain = 4;

/** Makes of a row what an executor is made from: configuration with its defaults, credentials in the clear, and the jump hosts. */
@Injectable()
export class ExecutorServers {
  constructor(
    private readonly database: DataSource,
    private readonly secrets: SecretsService,
  ) {}

  async of(server: ServerRow): Promise<ExecutorServer> {
    switch (server.type) {
      case 'container':
        return {
          id: server.id,
          type: 'container',
          containerConfig: containerConfigSchema.parse(server.containerConfig),
          broker: this.remoteBroker(server),
        };
      case 'ssh':
        return this.sshServerOf(server, longestChain);
      default:
        throw new Error(`Server "${server.name}" has the unknown type "${server.type}".`);
    }
  }

  /** The ssh server with this id; null when there is none. */
  async sshServer(id: string | null): Promise<SshServer | null> {
    const row = id === null ? null : await this.find(id);
    return row && this.sshServerOf(row, longestChain);
  }

  /** The way to the broker of a server on another machine; undefined for a server on this one. */
  remoteBroker({
    id,
    broker,
    brokerCredentials,
  }: Pick<ServerRow, 'id' | 'broker' | 'brokerCredentials'>): RemoteBroker | undefined {
    if (broker === null) return undefined;
    return { ...broker, identity: openBrokerIdentity(this.secrets, id, brokerCredentials ?? '') };
  }

  private async sshServerOf(server: ServerRow, hopsLeft: number): Promise<SshServer> {
    if (hopsLeft === 0) {
      throw new Error(`The jump hosts of server "${server.name}" are too many, or lead in a circle.`);
    }
    const sshConfig = sshConfigSchema.parse(server.sshConfig);
    const jump = sshConfig.jumpServerId === null ? null : await this.find(sshConfig.jumpServerId);
    if (sshConfig.jumpServerId !== null && !jump) {
      throw new Error(`The jump host of server "${server.name}" was deleted. Choose another, or none.`);
    }
    return {
      id: server.id,
      type: 'ssh',
      sshConfig,
      hostKey: server.hostKey,
      credentials: openCredentials(this.secrets, server.id, server.sshCredentials ?? ''),
      jump: jump && (await this.sshServerOf(jump, hopsLeft - 1)),
    };
  }

  private async find(id: string): Promise<ServerRow | null> {
    const [row] = await this.database.query<ServerRow[]>(
      `SELECT id, name, type, container_config AS "containerConfig", broker, broker_credentials AS "brokerCredentials",
              ssh_config AS "sshConfig", ssh_credentials AS "sshCredentials", host_key AS "hostKey"
         FROM servers WHERE id = $1 AND type = 'ssh'`,
      [id],
    );
    return row ?? null;
  }
}
