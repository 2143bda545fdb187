import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { freePort, root } from './product';

const run = promisify(execFile);
const prefix = 'cronium-e2e-';

/**
 * docker-compose.yml as an operator runs it, beside whatever else is on the engine: names, volumes, secrets, image and port are its own. What
 * tools/test.mjs has prepared comes in variables.
 */
export class ComposeProject {
  readonly email = 'admin@cronium.local';
  /** Has the .env and the secrets that `npm run init` writes. */
  readonly folder = mkdtempSync(join(tmpdir(), prefix));
  private readonly name = `${prefix}${process.pid}`;
  private readonly image = `${this.name}:latest`;
  private readonly installations = new Set<string>();

  private constructor(readonly port: number) {}

  static async create(): Promise<ComposeProject> {
    return new ComposeProject(await freePort());
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get password(): string {
    return readFileSync(join(this.folder, 'secrets/admin_password'), 'utf8').trim();
  }

  /** Name of the long-lived container of isolation `shared`. */
  get executor(): string {
    return `${this.name}-executor`;
  }

  /** `npm run init` */
  async init(): Promise<string> {
    const { stdout } = await run(process.execPath, ['tools/init.mjs', this.folder], { cwd: root });
    return stdout;
  }

  /** @returns what a command of Compose prints on standard output */
  compose(...args: string[]): Promise<string> {
    return this.composeWith(join(this.folder, '.env'), args);
  }

  /** Of docker-compose.broker.yml, as on another machine; its port is on loopback. */
  composeBroker(...args: string[]): Promise<string> {
    return this.composeWith(
      join(this.folder, '.env'),
      ['--file', 'docker-compose.broker.yml', ...args],
      this.brokerEnvironment,
    );
  }

  /** As docs/operations/compose.md says, of a product that has stopped. @returns what the command prints */
  async rotateKey(): Promise<string> {
    const key = join(this.folder, 'secrets/encryption_key');
    writeFileSync(`${key}.new`, `${randomBytes(32).toString('hex')}\n`, { mode: 0o444 });
    const command = [
      ...['run', '--rm', '--no-deps', '-T', '-v', `${key}.new:/run/secrets/new_key:ro`],
      ...['-e', 'NEW_ENCRYPTION_KEY_FILE=/run/secrets/new_key', 'cronium', 'rotate-key'],
    ];
    for (;;) {
      try {
        const printed = await this.compose(...command);
        renameSync(key, `${key}.before`);
        renameSync(`${key}.new`, key);
        return printed;
      } catch (error) {
        // It counts as running for a while.
        if (!String(error).includes('Cronium runs on this database')) throw error;
      }
    }
  }

  /** Has the broker of the other project reached from Cronium's container by this name. */
  async lead(name: string): Promise<void> {
    const id = (await this.composeBroker('ps', '--quiet', 'broker')).trim();
    await run('docker', ['network', 'connect', '--alias', name, `${this.name}_outside`, id]);
  }

  async composeWith(
    environmentFile: string,
    args: readonly string[],
    environment: NodeJS.ProcessEnv = {},
  ): Promise<string> {
    const { PATH, HOME, DOCKER_HOST, ...env } = process.env;
    const { stdout } = await run('docker', ['compose', '--env-file', environmentFile, ...args], {
      cwd: root,
      env: {
        ...{ PATH, HOME, DOCKER_HOST, DOCKER_CONFIG: env['CRONIUM_DOCKER_CONFIG'] },
        CRONIUM_PROJECT: this.name,
        CRONIUM_SECRETS: join(this.folder, 'secrets'),
        CRONIUM_IMAGE: this.image,
        CRONIUM_EXECUTOR_CONTAINER: this.executor,
        CRONIUM_TRUSTED_PROXIES: 'private',
        CRONIUM_LISTEN: `127.0.0.1:${this.port}`,
        CRONIUM_POSTGRES_IMAGE: env['CRONIUM_POSTGRES_IMAGE'],
        // The tests have built it already, and here npm is reached as on the machine itself.
        CRONIUM_BUILT: 'on-host',
        CRONIUM_BUILD_NETWORK: 'host',
        CRONIUM_BUILD_CERTIFICATES: env['CRONIUM_BUILD_CERTIFICATES'],
        NPM_CONFIG_REGISTRY: env['NPM_CONFIG_REGISTRY'],
        ...environment,
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  }

  private get brokerEnvironment(): NodeJS.ProcessEnv {
    return {
      CRONIUM_BROKER_PROJECT: `${this.name}-remote`,
      CRONIUM_BROKER_PUBLISH: '127.0.0.1:0',
      CRONIUM_EXECUTOR_CONTAINER: `${this.name}-remote-executor`,
    };
  }

  /** Runs JavaScript in the container of a service that has Node, with `pg` at hand. */
  async node(service: string, script: string): Promise<string> {
    return (await this.compose('exec', '-T', service, 'node', '-e', script)).trim();
  }

  /** What the engine says of a service's container. */
  async inspect(service: string): Promise<Container> {
    const id = (await this.compose('ps', '--all', '--quiet', service)).trim();
    const { stdout } = await run('docker', ['inspect', id]);
    const [container] = JSON.parse(stdout) as Container[];
    if (!container) throw new Error(`There is no container of ${service}.`);
    return container;
  }

  /** In bytes. */
  async imageSize(): Promise<number> {
    return Number((await run('docker', ['image', 'inspect', '--format', '{{.Size}}', this.image])).stdout);
  }

  /** @returns the rows of a statement, which must have no backquote in it */
  async database(statement: string): Promise<Record<string, unknown>[]> {
    const script = `const {Client} = require('pg');
      const password = require('fs').readFileSync(process.env.DATABASE_PASSWORD_FILE, 'utf8').trim();
      const client = new Client({ connectionString: process.env.DATABASE_URL.replace('@', ':' + password + '@') });
      client.connect().then(() => client.query(${JSON.stringify(statement)}))
        .then(({ rows }) => { console.log(JSON.stringify(rows)); return client.end(); })`;
    return JSON.parse(await this.node('cronium', script)) as Record<string, unknown>[];
  }

  /** Learns whose sandboxes are this project's, so that none is left behind. */
  async rememberInstallation(): Promise<void> {
    const rows = await this.database("SELECT value FROM system_settings WHERE key = 'installation_id'");
    for (const { value } of rows) this.installations.add(String(value));
  }

  /** All that it made, on the engine and on the disk, whatever its state. */
  async remove(): Promise<void> {
    await this.composeBroker('down', '--volumes', '--timeout', '20');
    await this.compose('down', '--volumes', '--remove-orphans', '--timeout', '20');
    for (const installation of this.installations) {
      const filter = `label=org.cronium.installation=${installation}`;
      const { stdout } = await run('docker', ['ps', '--all', '--quiet', '--filter', filter]);
      const ids = stdout.split('\n').filter(Boolean);
      if (ids.length > 0) await run('docker', ['rm', '--force', ...ids]);
    }
    await run('docker', ['image', 'rm', '--force', this.image]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The part of the engine's answer that the tests look at. */
export interface Container {
  readonly State: { readonly Status: string; readonly Health?: { readonly Status: string } };
  readonly Config: { readonly User: string; readonly Env: readonly string[] };
  readonly Mounts: readonly { readonly Source: string; readonly Destination: string }[];
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[] | null;
    readonly SecurityOpt: readonly string[];
    readonly NetworkMode: string;
    readonly Memory: number;
    readonly NanoCpus: number;
    readonly PidsLimit: number;
  };
}
