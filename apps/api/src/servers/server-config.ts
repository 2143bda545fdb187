import {
  type ContainerConfig,
  containerConfigSchema,
  type ResourceLimits,
  type SshConfig,
  sshConfigSchema,
} from '@cronium/server-types';

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
