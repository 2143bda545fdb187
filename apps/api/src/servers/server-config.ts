import type { ContainerConfigChange } from '@cronium/contracts';
import {
  type ContainerConfig,
  containerConfigSchema,
  type ResourceLimits,
  runtimeConflict,
  type SshConfig,
  sshConfigSchema,
} from '@cronium/server-types';

import { DomainError } from '../http/domain-error';

interface ConfigColumns {
  readonly type: string;
  readonly containerConfig: unknown;
  readonly sshConfig: unknown;
}

/** The container configuration with every default filled in; null for a server of another type. */
export function containerConfigOf(server: ConfigColumns): ContainerConfig | null {
  return server.type === 'container' ? containerConfigSchema.parse(server.containerConfig) : null;
}

/** The ssh configuration with every default filled in; null for a server of another type. */
export function sshConfigOf(server: ConfigColumns): SshConfig | null {
  return server.type === 'ssh' ? sshConfigSchema.parse(server.sshConfig) : null;
}

/** What every type of server has: limits a job, and how many jobs at one time. */
export function capacityOf(server: ConfigColumns): {
  readonly resourceLimits: ResourceLimits;
  readonly maxConcurrentJobs: number;
} {
  const config = containerConfigOf(server) ?? sshConfigOf(server);
  if (!config) throw new Error(`A server has the unknown type "${server.type}".`);
  return config;
}

/**
 * The container configuration with a change: what it leaves out stays, or has its default.
 *
 * @throws DomainError when the two do not go together
 */
export function changedContainerConfig(present: unknown, change: ContainerConfigChange): ContainerConfig {
  const before = containerConfigSchema.parse(present);
  const config = {
    ...before,
    ...withoutUndefined(change),
    resourceLimits: { ...before.resourceLimits, ...withoutUndefined(change.resourceLimits ?? {}) },
    pool: { ...before.pool, ...withoutUndefined(change.pool ?? {}) },
  };
  const conflict = runtimeConflict(config);
  if (conflict) {
    const field = change.runtime === undefined ? 'isolation' : 'runtime';
    throw new DomainError('invalid', 'validation_failed', conflict, [
      { path: `body.containerConfig.${field}`, message: conflict },
    ]);
  }
  return config;
}

export function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Partial<T>;
}
