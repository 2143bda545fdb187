import type { Server as ServerDto } from '@cronium/contracts';
import { type ContainerConfig, containerConfigSchema, type HealthStatus } from '@cronium/server-types';

import type { Server } from './server.entity';

/** The container configuration with every default filled in; null for a server of another type. */
export function containerConfigOf(server: Pick<Server, 'type' | 'containerConfig'>): ContainerConfig | null {
  return server.type === 'container' ? containerConfigSchema.parse(server.containerConfig) : null;
}

export function toServerDto(server: Server, health: HealthStatus | null): ServerDto {
  return {
    id: server.id,
    name: server.name,
    type: server.type,
    isSystemManaged: server.isSystemManaged,
    containerConfig: containerConfigOf(server),
    health,
    createdAt: server.createdAt.toISOString(),
  };
}
