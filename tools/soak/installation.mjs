import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freePort } from '../bench/product.mjs';
import { run, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';

const installationLabel = 'org.cronium.installation';
/** Compose waits so long for containers to be healthy. */
const waitSeconds = 180;

/**
 * docker-compose.yml as an operator runs it, beside whatever else is on the engine: its name, port, secrets, volumes and image of Cronium are
 * its own, and gone after `remove`.
 */
export class Installation {
  #environment;
  #folder;
  #image;
  #postgresImage;
  #installationId = '';
  name;

  /**
   * @param {{ postgresImage: string, composeConfiguration: string | undefined, buildEnvironment: Record<string, string | undefined> }} machine
   *   what tools/image and tools/machine have prepared
   */
  static async create(machine) {
    const installation = new Installation(await freePort(), machine);
    await run(process.execPath, [fromRoot('tools/init.mjs'), installation.#folder]);
    return installation;
  }

  constructor(
    /** @type {number} */ port,
    /** @type {Parameters<typeof Installation.create>[0]} */ {
      postgresImage,
      composeConfiguration,
      buildEnvironment,
    },
  ) {
    this.name = `cronium-soak-${process.pid}`;
    this.#image = `${this.name}:latest`;
    this.#postgresImage = postgresImage;
    this.#folder = mkdtempSync(path.join(tmpdir(), 'cronium-soak-'));
    chmodSync(this.#folder, 0o700);
    this.url = `http://127.0.0.1:${port}`;
    const { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG } = systemEnvironment();
    // None of this tool's own variables: an installation has what `npm run init` writes, and what is said here.
    this.#environment = {
      ...{ PATH, HOME, DOCKER_HOST, DOCKER_CONFIG: composeConfiguration ?? DOCKER_CONFIG },
      CRONIUM_PROJECT: this.name,
      CRONIUM_SECRETS: path.join(this.#folder, 'secrets'),
      CRONIUM_IMAGE: this.#image,
      CRONIUM_POSTGRES_IMAGE: postgresImage,
      CRONIUM_EXECUTOR_CONTAINER: this.executor,
      CRONIUM_LISTEN: `127.0.0.1:${port}`,
      // The programs are built already, and here npm is reached as on the machine itself.
      CRONIUM_BUILT: 'on-host',
      CRONIUM_BUILD_NETWORK: 'host',
      ...buildEnvironment,
    };
  }

  /** Name of the long-lived container of isolation `shared`. */
  get executor() {
    return `${this.name}-executor`;
  }

  get credentials() {
    const password = readFileSync(path.join(this.#folder, 'secrets/admin_password'), 'utf8').trim();
    return { email: 'admin@cronium.local', password };
  }

  async build(/** @type {(line: string) => void} */ log) {
    const onLine = (/** @type {string} */ line) => /^#\d+ \[.*\d+\/\d+\]/.test(line) && log(line);
    await this.#compose(['--progress', 'plain', 'build', 'cronium'], { onLine });
  }

  /** Resolves when each service is healthy, as Compose sees it. */
  async up() {
    await this.#compose(['up', '--no-build', '--wait', '--wait-timeout', String(waitSeconds)]);
  }

  /** Lets Local Execution use this project's containers for isolations `shared` and `namespace`: their usual names are another's. */
  async nameContainers() {
    await this.query(
      `UPDATE servers SET container_config = container_config || '{"containerName":"${this.executor}"}' WHERE type = 'container' AND is_system_managed`,
    );
    const [row] = await this.query(`SELECT value FROM system_settings WHERE key = 'installation_id'`);
    this.#installationId = String(row.value);
  }

  /** @returns {Promise<Record<string, any>[]>} the rows of a statement, by a connection of its own named `soak` */
  async query(/** @type {string} */ statement) {
    const script = `const {Client} = require('pg');
      const password = require('fs').readFileSync(process.env.DATABASE_PASSWORD_FILE, 'utf8').trim();
      const connectionString = process.env.DATABASE_URL.replace('@', ':' + password + '@');
      const client = new Client({ connectionString, application_name: 'soak' });
      client.connect().then(() => client.query(${JSON.stringify(statement)}))
        .then(({ rows }) => { console.log(JSON.stringify(rows)); return client.end(); })`;
    const { stdout } = await this.#compose(['exec', '-T', 'cronium', 'node', '-e', script]);
    return JSON.parse(stdout);
  }

  /** What the engine says of all containers: those of Compose, and those that the broker made. @returns {Promise<any[]>} */
  async containers() {
    const filters = [`com.docker.compose.project=${this.name}`];
    if (this.#installationId) filters.push(`${installationLabel}=${this.#installationId}`);
    const ids = new Set();
    for (const label of filters) {
      const { stdout } = await this.#docker(['ps', '--all', '--quiet', '--filter', `label=${label}`]);
      for (const id of stdout.split('\n').filter(Boolean)) ids.add(id);
    }
    if (ids.size === 0) return [];
    // One that ends between the two commands is told by an error, beside what is said of the others.
    const { stdout } = await this.#docker(['inspect', ...ids]).catch(({ result }) => result);
    return JSON.parse(stdout);
  }

  /** Lines that a service has written so far, as they are. */
  async log(/** @type {string} */ service) {
    const { stdout } = await this.#compose(['logs', '--no-color', '--no-log-prefix', service]);
    return stdout.split('\n').filter(Boolean);
  }

  /** Bytes of each image. @returns {Promise<[string, number][]>} */
  async imageSizes() {
    const names = {
      cronium: this.#image,
      executor: 'cronium-executor:latest',
      postgres: this.#postgresImage,
    };
    return Promise.all(
      Object.entries(names).map(async ([service, image]) => {
        const { stdout } = await this.#docker(['image', 'inspect', '--format', '{{.Size}}', image]);
        return /** @type {[string, number]} */ ([`${service} (${image.split(':')[0]})`, Number(stdout)]);
      }),
    );
  }

  /** All that it made, on the engine and on the disk, whatever its state. */
  async remove() {
    await this.#compose(['down', '--volumes', '--remove-orphans', '--timeout', '30'], { cleansUp: true });
    const left = await this.containers();
    if (left.length > 0)
      await this.#docker(['rm', '--force', '--volumes', ...left.map(({ Id }) => Id)]).catch(() => undefined);
    await this.#docker(['image', 'rm', '--force', this.#image]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #compose(
    /** @type {string[]} */ args,
    /** @type {import('../lib/command.mjs').CommandOptions} */ options = {},
  ) {
    const environmentFile = ['--env-file', path.join(this.#folder, '.env')];
    return run('docker', ['compose', ...environmentFile, ...args], { env: this.#environment, ...options });
  }

  #docker(/** @type {string[]} */ args) {
    return run('docker', args, { cleansUp: true });
  }
}
