import type { BrokerPolicy } from '@cronium/execution/broker';
import { containerRuntimeSchema, type ResourceLimits, resourceLimitsSchema } from '@cronium/server-types';
import { resolve } from 'node:path';

import * as z from 'zod';

/** Unless the environment says otherwise: half of a large machine for one job. */
const defaultLimits: ResourceLimits = {
  cpu: 16,
  memoryMb: 16_384,
  pids: 4096,
  diskMb: 16_384,
  outputMb: 4096,
};

const list = (names: string) =>
  z
    .string()
    .default(names)
    .transform((text) =>
      text
        .split(',')
        .map((name) => name.trim())
        .filter(Boolean),
    )
    .pipe(z.array(z.string()).min(1, 'must name at least one'));

/** `cpu=4,memoryMb=8192`: what is left out is the default. */
const limits = z
  .string()
  .default('')
  .transform((text, context): ResourceLimits => {
    const pairs = text
      .split(',')
      .filter((pair) => pair.trim() !== '')
      .map((pair) => pair.split('=').map((part) => part.trim()));
    const given = Object.fromEntries(pairs.map(([name = '', value]) => [name, Number(value)]));
    const parsed = resourceLimitsSchema.safeParse({ ...defaultLimits, ...given });
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', message: `${path.join('.')}: ${message}`.replace(/^: /, '') });
    }
    return z.NEVER;
  });

/** Where a broker listens for other machines. */
export interface RemoteAddress {
  readonly host: string;
  readonly port: number;
}

/** `unix:///path`, and `tls://host:port` behind a comma for other machines. */
const addresses = z
  .string()
  .default('unix:///run/cronium/broker.sock')
  .transform((text, context) => {
    const parts = text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean);
    const paths = parts
      .filter((part) => /^unix:\/\/\/.+/.test(part))
      .map((part) => part.slice('unix://'.length));
    const remotes = parts.flatMap((part) => {
      const [, host, port] = /^tls:\/\/([^/]+):(\d{1,5})$/.exec(part) ?? [];
      return host === undefined ? [] : [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port) }];
    });
    const [socketPath] = paths;
    const [remote] = remotes;
    const isUnderstood = paths.length + remotes.length === parts.length && remotes.length <= 1;
    if (isUnderstood && paths.length === 1 && socketPath !== undefined && (remote?.port ?? 0) <= 65_535) {
      return { socketPath, remote };
    }
    context.addIssue({
      code: 'custom',
      message: 'must be unix:///path/of/a/socket, with tls://host:port behind a comma for other machines',
    });
    return z.NEVER;
  });

/** The whole environment of the broker, with defaults. Names and meanings are public: docs/operations/broker.md repeats this table. */
const environmentSchema = z.object({
  CRONIUM_BROKER_LISTEN: addresses,
  CRONIUM_BROKER_DATA_DIR: z.string().min(1).default('/var/lib/cronium-broker'),
  CRONIUM_BROKER_IMAGES: list('cronium-executor:latest'),
  CRONIUM_BROKER_CONTAINERS: list('cronium-executor'),
  // Neither is weaker than the other; to name one only is to insist on it.
  CRONIUM_BROKER_RUNTIMES: list('runc,runsc').pipe(z.array(containerRuntimeSchema)),
  CRONIUM_BROKER_LIMITS: limits,
  CRONIUM_BROKER_POOL_SIZE: z.coerce.number().int().min(0).max(64).default(64),
  CRONIUM_BROKER_JOBS: z.coerce.number().int().min(1).max(4096).default(1024),
  CRONIUM_BROKER_RATE: z.coerce.number().int().min(1).max(100_000).default(1000),
  CRONIUM_SECCOMP_PROFILE: z.string().min(1).default('docker/executor/seccomp-profile.json'),
  CRONIUM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  DOCKER_HOST: z.string().min(1).optional(),
});

export interface BrokerConfig {
  /** Path of the Unix socket that the API comes to. */
  readonly socketPath: string;
  /** Where the APIs of other machines come to; undefined where none may. */
  readonly remote: RemoteAddress | undefined;
  /** Where the broker keeps its certificate, and who has joined. */
  readonly dataDir: string;
  readonly policy: BrokerPolicy;
  readonly seccompProfilePath: string;
  readonly dockerHost: string | undefined;
  readonly logLevel: string;
}

/** Reads the configuration; throws one error that names every wrong variable and what it should be. Empty counts as unset. */
export function loadConfig(environment: NodeJS.ProcessEnv): BrokerConfig {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment is not right:\n${wrong.join('\n')}`);
  }
  const { data } = parsed;
  return {
    ...data.CRONIUM_BROKER_LISTEN,
    dataDir: resolve(data.CRONIUM_BROKER_DATA_DIR),
    policy: {
      images: data.CRONIUM_BROKER_IMAGES,
      containers: data.CRONIUM_BROKER_CONTAINERS,
      runtimes: data.CRONIUM_BROKER_RUNTIMES,
      limits: data.CRONIUM_BROKER_LIMITS,
      poolSize: data.CRONIUM_BROKER_POOL_SIZE,
      jobs: data.CRONIUM_BROKER_JOBS,
      requestsPerSecond: data.CRONIUM_BROKER_RATE,
    },
    seccompProfilePath: resolve(data.CRONIUM_SECCOMP_PROFILE),
    dockerHost: data.DOCKER_HOST,
    logLevel: data.CRONIUM_LOG_LEVEL,
  };
}
