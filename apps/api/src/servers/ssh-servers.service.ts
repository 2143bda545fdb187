import type {
  ConnectionTest,
  CreateSshServer,
  GeneratedKey,
  Server as ServerDto,
  SshCredentials,
  TestServer,
  UpdateServer,
  UpdateSsh,
} from '@cronium/contracts';
import { generateSshKey, PrivateKeyError, readPrivateKey, testSshConnection } from '@cronium/execution';
import { defaultResourceLimits, type SshConfig, sshConfigSchema } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import { ExecutorRegistry } from '../executor/executor-registry';
import { ExecutorServers } from '../executor/executor-servers';
import { DomainError } from '../http/domain-error';
import { SecretsService } from '../secrets/secrets.service';
import { withoutUndefined } from './server-config';
import {
  generatedKeyPurpose,
  openCredentials,
  sealCredentials,
  type StoredCredentials,
} from './server-credentials';
import { Server } from './server.entity';
import { ServersService } from './servers.service';

/** Credentials as they are stored, and what of them may be shown. */
interface Prepared {
  readonly credentials: StoredCredentials;
  readonly publicKey: string | null;
}

/** Adds, changes and tries ssh servers. A secret goes in and never comes out. */
@Injectable()
export class SshServersService {
  constructor(
    private readonly database: DataSource,
    private readonly servers: ServersService,
    private readonly executors: ExecutorRegistry,
    private readonly executorServers: ExecutorServers,
    private readonly secrets: SecretsService,
    private readonly audit: AuditService,
  ) {}

  async create(caller: Caller, details: CreateSshServer): Promise<ServerDto> {
    const { name, description, tags, type, whenUnhealthy, waitMinutes, ...others } = details;
    const { maxQueuedJobs, whenQueueFull, credentials, hostKey, ...connection } = others;
    await this.requireJumpHost(caller, null, connection.jumpServerId);
    const id = uuid();
    await this.database.transaction(async (transaction) => {
      const prepared = await this.prepare(transaction, caller, credentials, 'body.credentials');
      await transaction.insert(Server, {
        ...{ id, name, description, tags, type },
        ...{ whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull },
        isSystemManaged: false,
        ownerId: caller.id,
        sshConfig: configOf(connection, prepared.credentials),
        sshCredentials: sealCredentials(this.secrets, id, prepared.credentials),
        sshPublicKey: prepared.publicKey,
        hostKey: hostKey ?? null,
      });
      await this.audit.record(transaction, caller, {
        action: 'server.created',
        target: { type: 'server', id, name },
        details: { host: connection.host, port: connection.port, username: connection.username },
      });
    });
    return this.servers.get(caller, id);
  }

  /** A new pair: the private half stays here until a server takes it, within a day. */
  async generateKey(caller: Caller): Promise<GeneratedKey> {
    const { privateKey, publicKey } = await generateSshKey(`cronium ${caller.name}`);
    const id = uuid();
    await this.database.query(`DELETE FROM generated_keys WHERE created_at < now() - interval '1 day'`);
    await this.database.query(
      'INSERT INTO generated_keys (id, created_by, sealed_private_key, public_key) VALUES ($1, $2, $3, $4)',
      [id, caller.id, this.secrets.encrypt(privateKey, generatedKeyPurpose(id)), publicKey],
    );
    return { keyId: id, publicKey };
  }

  /** Changes the connection of a server. Another address is another host: its key must be approved anew. */
  async update(
    caller: Caller,
    id: string,
    change: UpdateServer & { readonly ssh: UpdateSsh },
  ): Promise<ServerDto> {
    const { server } = await this.manageableSsh(caller, id);
    const { ssh, ...others } = change;
    this.servers.apply(caller, server, others);
    const { credentials, resourceLimits, ...connection } = ssh;
    if (connection.jumpServerId !== undefined)
      await this.requireJumpHost(caller, id, connection.jumpServerId);
    const before = sshConfigSchema.parse(server.sshConfig);
    const config = {
      ...before,
      ...withoutUndefined(connection),
      resourceLimits: { ...before.resourceLimits, ...resourceLimits },
    };
    if (config.host !== before.host || config.port !== before.port) {
      refuseToMovePassword(before, credentials);
      Object.assign(server, { hostKey: null, offeredHostKey: null });
    }
    if (credentials) {
      const { manager } = this.database;
      const prepared = await this.prepare(manager, caller, credentials, 'body.ssh.credentials');
      server.sshCredentials = sealCredentials(this.secrets, id, prepared.credentials);
      server.sshPublicKey = prepared.publicKey;
      config.authentication = authenticationOf(prepared.credentials);
    }
    server.sshConfig = config;
    await this.servers.save(caller, server, [...Object.keys(ssh), ...Object.keys(others)], true);
    return this.servers.get(caller, id);
  }

  /** Tries a connection that is not saved. A generated key is used and stays. */
  async test(caller: Caller, request: TestServer): Promise<ConnectionTest> {
    const { credentials, hostKey, ...connection } = request;
    await this.requireJumpHost(caller, null, connection.jumpServerId);
    const prepared = await this.prepare(this.database.manager, caller, credentials, 'body.credentials', true);
    return testSshConnection(
      {
        id: uuid(),
        type: 'ssh',
        sshConfig: configOf(connection, prepared.credentials),
        hostKey: hostKey ?? null,
        credentials: prepared.credentials,
        jump: await this.executorServers.sshServer(connection.jumpServerId),
      },
      { ...(await this.executors.context()), onHostKeyOffered: () => undefined },
    );
  }

  /** Tries a saved server, with changes that are not saved. */
  async testSaved(caller: Caller, id: string, change: UpdateSsh): Promise<ConnectionTest> {
    const { server } = await this.manageableSsh(caller, id);
    const { credentials, resourceLimits: _, ...connection } = change;
    if (connection.jumpServerId !== undefined)
      await this.requireJumpHost(caller, id, connection.jumpServerId);
    const before = sshConfigSchema.parse(server.sshConfig);
    const config = { ...before, ...withoutUndefined(connection) };
    const moved = config.host !== before.host || config.port !== before.port;
    const used = credentials
      ? (await this.prepare(this.database.manager, caller, credentials, 'body.credentials', true)).credentials
      : openCredentials(this.secrets, id, server.sshCredentials ?? '');
    return testSshConnection(
      {
        ...{ id, type: 'ssh', credentials: used },
        sshConfig: { ...config, authentication: authenticationOf(used) },
        hostKey: moved ? null : server.hostKey,
        jump: await this.executorServers.sshServer(config.jumpServerId),
      },
      await this.executors.context(),
    );
  }

  private async manageableSsh(caller: Caller, id: string) {
    const found = await this.servers.manageable(caller, id);
    if (found.server.type === 'ssh') return found;
    const message = `“${found.server.name}” is not an ssh server.`;
    throw new DomainError('invalid', 'not_an_ssh_server', message, [{ path: 'body.ssh', message }]);
  }

  /** Checks credentials, and takes a generated key out of the waiting ones. */
  private async prepare(
    manager: EntityManager,
    caller: Caller,
    credentials: SshCredentials,
    path: string,
    keepKey = false,
  ): Promise<Prepared> {
    switch (credentials.kind) {
      case 'password':
        return { credentials, publicKey: null };
      case 'private_key':
        return { credentials, publicKey: publicKeyOf(credentials, path) };
      case 'generated_key':
        return this.takeKey(manager, caller, credentials.keyId, path, keepKey);
    }
  }

  private async takeKey(
    manager: EntityManager,
    caller: Caller,
    keyId: string,
    path: string,
    keep: boolean,
  ): Promise<Prepared> {
    const [row] = await manager.query<{ sealed_private_key: string; public_key: string }[]>(
      'SELECT sealed_private_key, public_key FROM generated_keys WHERE id = $1 AND created_by = $2',
      [keyId, caller.id],
    );
    if (!row) {
      const message = 'This key was used or forgotten. Make a new one.';
      throw new DomainError('invalid', 'key_unknown', message, [{ path: `${path}.keyId`, message }]);
    }
    if (!keep) await manager.query('DELETE FROM generated_keys WHERE id = $1', [keyId]);
    const privateKey = this.secrets.decrypt(row.sealed_private_key, generatedKeyPurpose(keyId));
    return { credentials: { kind: 'private_key', privateKey }, publicKey: row.public_key };
  }

  /** A jump host is a server that the caller may use, and does not lead back to this one. */
  private async requireJumpHost(
    caller: Caller,
    id: string | null,
    jumpServerId: string | null,
  ): Promise<void> {
    if (jumpServerId === null) return;
    const refuse = (message: string) =>
      new DomainError('invalid', 'jump_host_invalid', message, [{ path: 'body.jumpServerId', message }]);
    const found = await this.servers.visible(caller, jumpServerId).catch(() => null);
    if (found?.server.type !== 'ssh') throw refuse('There is no such ssh server that you may use.');
    if (found.access.ownerId !== caller.id && found.access.share === null && caller.role !== 'ADMIN') {
      throw refuse('There is no such ssh server that you may use.');
    }
    const seen = new Set(id === null ? [] : [id]);
    for (let hop = await this.executorServers.sshServer(jumpServerId); hop; hop = hop.jump) {
      if (seen.has(hop.id)) throw refuse('This jump host leads back to the server itself.');
      seen.add(hop.id);
    }
  }
}

/** Whoever may manage a server could otherwise have the stored password sent to a host of their own, and so read it. */
function refuseToMovePassword(before: SshConfig, credentials: SshCredentials | undefined): void {
  if (before.authentication !== 'password' || credentials) return;
  const message = 'A stored password is not sent to another host. Give it again, or a key.';
  throw new DomainError('invalid', 'credentials_required', message, [
    { path: 'body.ssh.credentials', message },
  ]);
}

function publicKeyOf(
  { privateKey, passphrase }: Extract<SshCredentials, { kind: 'private_key' }>,
  path: string,
): string {
  try {
    return readPrivateKey(privateKey, passphrase).publicKey;
  } catch (error) {
    if (!(error instanceof PrivateKeyError)) throw error;
    const field = error.problem.startsWith('passphrase') ? 'passphrase' : 'privateKey';
    throw new DomainError('invalid', 'private_key_invalid', error.message, [
      { path: `${path}.${field}`, message: error.message },
    ]);
  }
}

const authenticationOf = ({ kind }: StoredCredentials): SshConfig['authentication'] =>
  kind === 'password' ? 'password' : 'key';

function configOf(
  connection: Omit<Partial<CreateSshServer>, 'type'> & { readonly host: string; readonly username: string },
  credentials: StoredCredentials,
): SshConfig {
  const { resourceLimits, ...others } = connection;
  return sshConfigSchema.parse({
    ...withoutUndefined(others),
    authentication: authenticationOf(credentials),
    resourceLimits: { ...defaultResourceLimits, ...resourceLimits },
  });
}
