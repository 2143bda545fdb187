import type { Server as ServerDto, ServerConnection, ShareLevel } from '@cronium/contracts';
import type { HealthStatus } from '@cronium/server-types';

import type { Server } from './server.entity';
import { capacityOf, containerConfigOf, sshConfigOf } from './server-config';
import type { ServerRelations } from './servers.repository';

/** @param access what the caller may do: only those who may manage a server see how it is reached */
export function toServerDto(
  server: Server,
  relations: ServerRelations,
  access: ShareLevel,
  health: HealthStatus | null,
): ServerDto {
  const { resourceLimits, maxConcurrentJobs } = capacityOf(server);
  return {
    id: server.id,
    name: server.name,
    description: server.description,
    tags: server.tags,
    type: server.type,
    isSystemManaged: server.isSystemManaged,
    owner: relations.owner,
    access,
    limits: resourceLimits,
    maxConcurrentJobs,
    load: relations.load,
    whenUnhealthy: server.whenUnhealthy,
    waitMinutes: server.waitMinutes,
    maxQueuedJobs: server.maxQueuedJobs,
    whenQueueFull: server.whenQueueFull,
    containerConfig: containerConfigOf(server),
    broker: access === 'manage' ? server.broker : null,
    connection: access === 'manage' ? toConnection(server, relations) : null,
    health,
    createdAt: server.createdAt.toISOString(),
  };
}

function toConnection(server: Server, { jumpServer }: ServerRelations): ServerConnection | null {
  const config = sshConfigOf(server);
  if (!config) return null;
  const { host, port, username, authentication, graceSeconds } = config;
  return {
    ...{ host, port, username, authentication, graceSeconds, jumpServer },
    publicKey: server.sshPublicKey,
    hostKey: server.hostKey,
    offeredHostKey: server.offeredHostKey,
  };
}
