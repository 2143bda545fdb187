import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import * as z from 'zod';

import { withSecretFiles } from './secret-files';
import { type TracingConfig, tracingConfig, tracingEnvironment } from './tracing-config';
import { type TrustedProxies, trustedProxies } from './trusted-proxies';

const roles = ['api', 'scheduler', 'worker'] as const;
export type Role = (typeof roles)[number];

const rolesFromList = z.string().transform((list, context) => {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const known = roles.filter((role) => names.includes(role));
  if (known.length === 0 || known.length !== new Set(names).size) {
    context.addIssue({
      code: 'custom',
      message: `must list some of ${roles.join(', ')}, separated by commas`,
    });
    return z.NEVER;
  }
  return known;
});

const encryptionKey = z.string().regex(/^[0-9a-fA-F]{64}$/, 'must be 32 bytes in hex (64 digits)');

/**
 * The whole environment of the API, with defaults. Names and meanings are public: docs/operations.md repeats this table. Those that are
 * secret may be given in a file instead, see `secret-files.ts`.
 */
const variables = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(5001),
  HOST: z.string().min(1).default('127.0.0.1'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be postgres://user:password@host:port/name' })
    .optional(),
  DATABASE_PASSWORD: z.string().min(1).optional(),
  CRONIUM_DATA_DIR: z.string().min(1).default('.cronium'),
  CRONIUM_ADMIN_EMAIL: z.email().default('admin@cronium.local'),
  CRONIUM_ADMIN_PASSWORD: z.string().min(10, 'must have at least 10 characters').optional(),
  ENCRYPTION_KEY: encryptionKey.optional(),
  NEW_ENCRYPTION_KEY: encryptionKey.optional(),
  CRONIUM_BACKUP_PASSPHRASE: z.string().min(1).optional(),
  CRONIUM_METRICS_TOKEN: z.string().min(16, 'must have at least 16 characters').optional(),
  CRONIUM_BROKER: z
    .string()
    .regex(/^unix:\/\/\/.+/, 'must be unix:///path/of/a/socket')
    .optional(),
  DOCKER_HOST: z.string().min(1).optional(),
  CRONIUM_ROLES: rolesFromList.default([...roles]),
  CRONIUM_WEB_ROOT: z.string().min(1).default('dist/apps/web/browser'),
  CRONIUM_SECCOMP_PROFILE: z.string().min(1).default('docker/executor/seccomp-profile.json'),
  CRONIUM_RUNNER_DIR: z.string().min(1).default('libs/execution/src/runner'),
  CRONIUM_HELPERS_DIR: z.string().min(1).default('docker/executor/runtime-helpers'),
  CRONIUM_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(512).default(64),
  CRONIUM_MIN_FREE_MB: z.coerce.number().int().min(0).max(1_000_000).default(256),
  CRONIUM_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be https://host or http://host:port' })
    .optional(),
  CRONIUM_TRUSTED_PROXIES: trustedProxies,
  CRONIUM_WEBHOOK_LINK_LOCAL: z.enum(['refuse', 'allow']).default('refuse'),
  CRONIUM_ON_SHUTDOWN: z.enum(['detach', 'end_jobs']).default('detach'),
  CRONIUM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  CRONIUM_LOG_FORMAT: z.enum(['json', 'pretty']).default('json'),
  ...tracingEnvironment,
});

const environmentSchema = variables.superRefine((environment, context) => {
  if (environment.DATABASE_PASSWORD === undefined) return;
  const message =
    environment.DATABASE_URL === undefined
      ? 'needs DATABASE_URL, of which it is the password'
      : new URL(environment.DATABASE_URL).password && 'DATABASE_URL has a password already';
  if (message) context.addIssue({ code: 'custom', path: ['DATABASE_PASSWORD'], message });
});

/** The API's configuration: injected everywhere, read from the environment only here. */
export class Config {
  readonly port: number;
  readonly host: string;
  /** Connection string of an external database; undefined for the embedded one. */
  readonly databaseUrl: string | undefined;
  /** Absolute path of the folder for the embedded database and the generated key. */
  readonly dataDir: string;
  readonly admin: { readonly email: string; readonly password: string | undefined };
  /** 32 bytes; undefined for the generated key file in the data folder. */
  readonly encryptionKey: Buffer | undefined;
  /** What `npm run rotate-key` is to replace it by, and the product does not look at. */
  readonly newEncryptionKey: Buffer | undefined;
  /** What `npm run backup` and `npm run restore` need, and the product does not. */
  readonly backupPassphrase: string | undefined;
  /** With it a scraper reads `/metrics`, and nothing else. */
  readonly metricsToken: string | undefined;
  /** Where the sandbox broker listens; undefined where this process opens sandboxes on the engine itself. */
  readonly broker: string | undefined;
  readonly dockerHost: string | undefined;
  readonly roles: ReadonlySet<Role>;
  /** Absolute path of the built SPA, or undefined when it was not built. */
  readonly webRoot: string | undefined;
  readonly seccompProfilePath: string;
  /** Absolute paths of the runner and its helpers, of which ssh hosts get a copy. */
  readonly runnerFolders: { readonly runner: string; readonly helpers: string };
  /** Jobs that this process runs at one time, over all servers. */
  readonly workerConcurrency: number;
  /** Below so many MiB free on the disk of the data folder nothing new is started. */
  readonly minFreeMb: number;
  /** Where people reach the product, for links in what it sends; undefined when nobody said. Without a slash at its end. */
  readonly publicUrl: string | undefined;
  /** Proxies before this process, whose word on who comes, and whether by TLS, is taken. */
  readonly trustedProxies: TrustedProxies;
  /** Whether webhooks may go to link-local addresses, where clouds tell machines their credentials. */
  readonly allowLinkLocalWebhooks: boolean;
  /** What becomes of running jobs when this process is asked to stop: left to a successor, or ended. */
  readonly onShutdown: 'detach' | 'end_jobs';
  readonly log: { readonly level: string; readonly pretty: boolean };
  /** Undefined when traces are sent nowhere. */
  readonly tracing: TracingConfig | undefined;

  constructor(environment: z.infer<typeof environmentSchema>) {
    this.port = environment.PORT;
    this.host = environment.HOST;
    this.databaseUrl = withPassword(environment.DATABASE_URL, environment.DATABASE_PASSWORD);
    this.dataDir = resolve(environment.CRONIUM_DATA_DIR);
    this.admin = { email: environment.CRONIUM_ADMIN_EMAIL, password: environment.CRONIUM_ADMIN_PASSWORD };
    this.encryptionKey = keyOf(environment.ENCRYPTION_KEY);
    this.newEncryptionKey = keyOf(environment.NEW_ENCRYPTION_KEY);
    this.backupPassphrase = environment.CRONIUM_BACKUP_PASSPHRASE;
    this.metricsToken = environment.CRONIUM_METRICS_TOKEN;
    this.broker = environment.CRONIUM_BROKER;
    this.dockerHost = environment.DOCKER_HOST;
    this.roles = new Set(environment.CRONIUM_ROLES);
    const webRoot = resolve(environment.CRONIUM_WEB_ROOT);
    this.webRoot = existsSync(webRoot) ? webRoot : undefined;
    this.seccompProfilePath = resolve(environment.CRONIUM_SECCOMP_PROFILE);
    this.runnerFolders = {
      runner: resolve(environment.CRONIUM_RUNNER_DIR),
      helpers: resolve(environment.CRONIUM_HELPERS_DIR),
    };
    this.workerConcurrency = environment.CRONIUM_WORKER_CONCURRENCY;
    this.minFreeMb = environment.CRONIUM_MIN_FREE_MB;
    this.publicUrl = environment.CRONIUM_PUBLIC_URL?.replace(/\/+$/, '');
    this.trustedProxies = environment.CRONIUM_TRUSTED_PROXIES;
    this.allowLinkLocalWebhooks = environment.CRONIUM_WEBHOOK_LINK_LOCAL === 'allow';
    this.onShutdown = environment.CRONIUM_ON_SHUTDOWN;
    this.log = { level: environment.CRONIUM_LOG_LEVEL, pretty: environment.CRONIUM_LOG_FORMAT === 'pretty' };
    this.tracing = tracingConfig(environment);
  }
}

/** Reads the configuration; throws one error that names every wrong variable and what it should be. Empty counts as unset. */
export function loadConfig(environment: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(withSecretFiles(present));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`The environment is not right:\n${wrong.join('\n')}`);
  }
  return new Config(parsed.data);
}

const keyOf = (hex: string | undefined): Buffer | undefined => (hex ? Buffer.from(hex, 'hex') : undefined);

function withPassword(address: string | undefined, password: string | undefined): string | undefined {
  if (address === undefined || password === undefined) return address;
  const url = new URL(address);
  // The setter leaves a percent sign as it is.
  url.password = encodeURIComponent(password);
  return url.href;
}
