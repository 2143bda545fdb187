import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Event, type Execution, executionSchema, logPageSchema, type Session } from '@cronium/contracts';
import { FakeExecutor, FakeServer } from '@cronium/execution';
import { Client } from 'pg';
import request from 'supertest';

import { backUp } from '../src/backup/back-up';
import { restore } from '../src/backup/restore';
import { restoreBackup } from '../src/backup/restore-backup';
import { type Progress, writeBackup } from '../src/backup/write-backup';
import { loadConfig } from '../src/config/config';
import { createDataSource } from '../src/database/data-source';
import { insertServer } from './insert-server';
import {
  createInstallation,
  type Installation,
  onFake,
  startTestApp,
  type TestApp,
  testPassword,
} from './test-app';

const passphrase = 'a passphrase of its own';
const secret = 'hunter2-and-more';

describe('backup and restore', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-backups-'));
  const printed: string[] = [];
  const never = new AbortController().signal;
  /** Made while the product ran, with a job that runs and one that is queued. */
  const liveFile = join(folder, 'live.backup');
  /** Made while it did not run, with a job that is queued. */
  const quietFile = join(folder, 'quiet.backup');
  const installations: Installation[] = [];
  let source: Installation;
  let ended: Execution;
  let running: Execution;
  let queued: Execution;
  let kept: Execution;
  let eventId: string;

  const configOf = ({ database, dataDir }: Installation, environment: NodeJS.ProcessEnv = {}) =>
    loadConfig({
      ...{ DATABASE_URL: database.url, CRONIUM_DATA_DIR: dataDir, CRONIUM_BACKUP_PASSPHRASE: passphrase },
      ...environment,
    });
  const backUpOf = (installation: Installation, ...args: string[]) =>
    backUp(configOf(installation), args, never);
  const restoreTo = (installation: Installation, ...args: string[]) =>
    restore(configOf(installation), args, never);
  const installationOf = async (): Promise<Installation> => {
    const installation = await createInstallation();
    installations.push(installation);
    return installation;
  };

  const apps: TestApp[] = [];
  /** Closed at the end, also of a test that fails. */
  const start = async (...args: Parameters<typeof startTestApp>): Promise<TestApp> => {
    const app = await startTestApp(...args);
    apps.push(app);
    return app;
  };
  const forget = (installation: Installation) =>
    query(
      installation,
      `DO $$ BEGIN DELETE FROM processes; EXCEPTION WHEN undefined_table THEN NULL; END $$`,
    );
  const closeAll = async () => {
    for (const app of apps.splice(0)) await app.close();
    // As after the end of their process, which here goes on.
    for (const installation of installations) await forget(installation);
  };

  const create = async (app: TestApp, user: Session, body: object): Promise<Event> =>
    (
      await app
        .as(user, 'post', '/events')
        .send({ name: 'x', type: 'BASH', ...body })
        .expect(201)
    ).body as Event;
  const run = async (app: TestApp, user: Session, id: string, wait = 0): Promise<Execution> =>
    executionSchema.parse(
      (await app.as(user, 'post', `/events/${id}/run?wait=${wait}`).send({}).expect(202)).body,
    );
  const read = async (app: TestApp, user: Session, id: string): Promise<Execution> =>
    executionSchema.parse((await app.as(user, 'get', `/executions/${id}`).expect(200)).body);
  const until = async (
    ...[app, user, id, isThere]: [TestApp, Session, string, (execution: Execution) => boolean]
  ): Promise<Execution> => {
    for (;;) {
      const execution = await read(app, user, id);
      if (isThere(execution)) return execution;
    }
  };
  const signInAgain = async (app: TestApp): Promise<Session> =>
    (
      await request(app.server)
        .post('/api/auth/login')
        .send({ email: 'user@example.com', password: testPassword })
        .expect(200)
    ).body as Session;
  const logOf = async (app: TestApp, user: Session, { jobs }: Execution): Promise<string[]> => {
    const answer = await app.as(user, 'get', `/jobs/${jobs[0]?.id ?? ''}/log`).expect(200);
    return logPageSchema.parse(answer.body).entries.map(({ text }) => text);
  };
  const connect = async ({ database }: Installation): Promise<Client> => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    return client;
  };
  const query = async <Row extends object>(installation: Installation, sql: string): Promise<Row[]> => {
    const client = await connect(installation);
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  /** All that the database holds. */
  const dump = async (installation: Installation): Promise<string> => {
    const tables = await query<{ name: string }>(
      installation,
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    const all = tables.map(({ name }) =>
      query(installation, `SELECT to_jsonb(t) AS row FROM ${name} t ORDER BY 1`),
    );
    return JSON.stringify([tables, await Promise.all(all)]);
  };

  beforeAll(async () => {
    jest.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
    source = await installationOf();
    const app = await start(onFake(new FakeServer()), { installation: source });
    const user = await app.signIn('USER');
    const environment = [{ key: 'TOKEN', value: secret, secret: true }];
    const event = await create(app, user, {
      content: 'repeat 3 line\necho tab\there\necho \\.',
      environment,
    });
    eventId = event.id;
    ended = await run(app, user, eventId, 25);
    const serverIds = [await insertServer(app, user.user.id, { maxConcurrentJobs: 1 })];
    const slow = await create(app, user, {
      ...{ content: 'echo begun\nsleep 60', serverIds },
      retry: { limit: 3, on: ['lost'] },
    });
    running = await run(app, user, slow.id);
    await until(app, user, running.id, ({ jobs }) => jobs[0]?.logEntries === 1);
    queued = await run(app, user, slow.id);
    await backUpOf(source, '--output', liveFile);
    await app.as(user, 'post', `/executions/${queued.id}/cancel`).expect(202);
    await app.as(user, 'post', `/executions/${running.id}/cancel`).expect(202);
    await until(app, user, running.id, ({ endedAt }) => endedAt !== null);
    await closeAll();

    const idle = await start(onFake(), {
      installation: source,
      environment: { CRONIUM_ROLES: 'api' },
    });
    kept = await run(idle, await signInAgain(idle), eventId);
    await closeAll();
    await backUpOf(source, '--output', quietFile);
  }, 60_000);
  afterEach(closeAll);
  afterAll(async () => {
    await closeAll();
    jest.restoreAllMocks();
    for (const installation of installations) await installation.remove();
    rmSync(folder, { recursive: true });
  });

  it('writes one file that its owner alone can read, tells what is in it, and keeps a record', async () => {
    expect(statSync(liveFile).mode & 0o777).toBe(0o600);
    expect(readFileSync(liveFile).includes('user@example.com')).toBe(false);
    expect(readdirSync(folder).sort()).toEqual(['live.backup', 'quiet.backup']);
    expect(printed.join('\n')).toMatch(
      /live\.backup .*found whole[^]*1 user, 2 servers, 2 events, 3 executions/,
    );
    const records = await query<{ file_name: string; bytes: string; rows: string; took_ms: string }>(
      source,
      'SELECT file_name, bytes, rows, took_ms FROM backups ORDER BY at',
    );
    expect(records.map((record) => record.file_name)).toEqual(['live.backup', 'quiet.backup']);
    expect(Number(records[0]?.bytes)).toBe(statSync(liveFile).size);
    expect(Number(records[0]?.rows)).toBeGreaterThan(20);
    const audit = await query(source, `SELECT 1 FROM audit_log WHERE action = 'installation.backed_up'`);
    expect(audit).toHaveLength(2);
  });

  it('brings an installation up elsewhere: users, events with their secrets, history and logs', async () => {
    const target = await installationOf();
    await restoreTo(target, liveFile);
    expect(statSync(join(target.dataDir, 'encryption.key')).mode & 0o777).toBe(0o600);
    expect(readdirSync(target.dataDir)).toEqual(['encryption.key']);

    const fake = new FakeServer();
    const app = await start(onFake(fake), { installation: target });
    const user = await signInAgain(app);
    expect(await read(app, user, ended.id)).toEqual(ended);
    expect(await logOf(app, user, ended)).toEqual(['line\n', 'line\n', 'line\n', 'tab\there\n', '\\.\n']);

    // What had not ended went on elsewhere: it is lost here, and does not run again, whatever its event says of retries.
    for (const { id } of [running, queued]) {
      expect(await read(app, user, id)).toMatchObject({
        state: 'lost',
        jobs: [{ state: 'lost', attempt: 1, error: { code: 'restored', platform: true } }],
      });
    }
    expect(await logOf(app, user, running)).toEqual(['begun\n']);
    const listed = await app.as(user, 'get', '/executions?state=lost').expect(200);
    expect((listed.body as { items: unknown[] }).items).toHaveLength(2);

    const executed = jest.spyOn(FakeExecutor.prototype, 'executeScript');
    expect(await run(app, user, eventId, 25)).toMatchObject({ state: 'succeeded' });
    expect(executed).toHaveBeenCalledTimes(1);
    expect(executed.mock.calls[0]?.[0].environment).toMatchObject({ TOKEN: secret });
    executed.mockRestore();
    expect(fake.jobIds).toEqual([]);
  }, 60_000);

  it('keeps what was queued while no process was at work, and runs it once', async () => {
    const target = await installationOf();
    await restoreTo(target, quietFile);
    const executed = jest.spyOn(FakeExecutor.prototype, 'executeScript');
    const app = await start(onFake(new FakeServer()), { installation: target });
    const user = await signInAgain(app);
    expect(await until(app, user, kept.id, ({ endedAt }) => endedAt !== null)).toMatchObject({
      state: 'succeeded',
      jobs: [{ attempt: 1 }],
    });
    expect(executed).toHaveBeenCalledTimes(1);
    executed.mockRestore();
  }, 60_000);

  it('holds what was true at one moment, whatever is written meanwhile', async () => {
    const [busy, target] = [await installationOf(), await installationOf()];
    await restoreTo(busy, quietFile);
    const before = await dump(busy);
    const file = join(folder, 'moment.backup');
    const client = await connect(busy);
    const change = `DELETE FROM executions; INSERT INTO system_settings VALUES ('new', '1')`;
    let isChanged = false;
    await writeBackup({
      ...{ client, file, passphrase, encryptionKey: Buffer.alloc(32, 7) },
      onProgress: async () => {
        if (!isChanged) await query(busy, change);
        isChanged = true;
      },
    });
    await client.end();
    expect(await query(busy, 'SELECT 1 FROM executions')).toEqual([]);
    await restoreTo(target, file);
    // A restore tells of itself.
    const told = `ALTER TABLE audit_log DISABLE TRIGGER USER;
      DELETE FROM audit_log WHERE at = (SELECT max(at) FROM audit_log); ALTER TABLE audit_log ENABLE TRIGGER USER`;
    await query(target, told);
    expect(await dump(target)).toBe(before);
  });

  it('brings an older schema up to date, passes over what is not Cronium’s, and refuses a newer schema', async () => {
    const [older, target, untouched] = [
      await installationOf(),
      await installationOf(),
      await installationOf(),
    ];
    await restoreTo(older, quietFile);
    const data = await createDataSource(older.database.url).initialize();
    const hasBackups = async () =>
      (await data.query<unknown[]>(`SELECT 1 FROM pg_tables WHERE tablename = 'backups'`)).length > 0;
    while (await hasBackups()) await data.undoLastMigration();
    await data.destroy();
    await query(older, 'CREATE TABLE of_another (id int); INSERT INTO of_another VALUES (1)');
    const file = join(folder, 'older.backup');
    await backUpOf(older, '--output', file);
    await restoreTo(target, file);
    expect(printed.join('\n')).toContain('passed over: of_another.');
    expect(await query(target, 'SELECT 1 FROM users')).toHaveLength(1);
    expect(await query(target, 'SELECT 1 FROM backups')).toEqual([]);

    await query(
      older,
      `INSERT INTO migrations (timestamp, name) VALUES (1900000000000, 'Wings1900000000000')`,
    );
    const newer = join(folder, 'newer.backup');
    await backUpOf(older, '--output', newer);
    await expect(restoreTo(untouched, newer)).rejects.toThrow(
      /made by a newer Cronium .* Wings1900000000000/,
    );
    expect(await dump(untouched)).toBe('[[],[]]');
  });

  describe('onto an installation with data', () => {
    let target: Installation;
    let before: string;
    let keyBefore: string;

    beforeAll(async () => {
      target = await installationOf();
      const app = await start(onFake(), { installation: target });
      await app.signIn('ADMIN', 'somebody@example.com');
      await closeAll();
      before = await dump(target);
      keyBefore = readFileSync(join(target.dataDir, 'encryption.key'), 'utf8');
    });

    const changed = (change: (bytes: Buffer) => Buffer): string => {
      const file = join(folder, 'changed.backup');
      writeFileSync(file, change(readFileSync(liveFile)));
      return file;
    };
    const flip = (bytes: Buffer): Buffer => {
      bytes.writeUInt8(bytes.readUInt8(1000) ^ 1, 1000);
      return bytes;
    };

    const forced = ['--force', '--yes'];
    const fail = () => {
      throw new Error('only checked');
    };
    const interrupted = async (): Promise<void> => {
      const stop = new AbortController();
      const { url } = target.database;
      const onProgress = ({ table }: Progress) => {
        if (table === 'jobs') stop.abort();
      };
      await restoreBackup({ url, file: liveFile, passphrase, signal: stop.signal, onProgress }).catch(
        (error: unknown) => {
          throw new Error('It was interrupted', { cause: error });
        },
      );
    };

    it.each<[string, () => Promise<void>, RegExp]>([
      ['it is not empty', () => restoreTo(target, liveFile), /not empty:[^]*users: 1 row\n[^]*--force/],
      [
        'nobody can be asked',
        () => restoreTo(target, liveFile, '--force'),
        /no terminal to ask at: give --yes/,
      ],
      [
        'the passphrase is another',
        () =>
          restore(configOf(target, { CRONIUM_BACKUP_PASSPHRASE: 'another' }), [liveFile, ...forced], never),
        /passphrase is wrong/,
      ],
      ['a byte is flipped', () => restoreTo(target, changed(flip), ...forced), /damaged/],
      [
        'the end is missing',
        () =>
          restoreTo(
            target,
            changed((bytes) => bytes.subarray(0, -100)),
            ...forced,
          ),
        /cut short/,
      ],
      [
        'ENCRYPTION_KEY is another',
        () => restore(configOf(target, { ENCRYPTION_KEY: '0'.repeat(64) }), [liveFile, ...forced], never),
        /ENCRYPTION_KEY is set to another key/,
      ],
      [
        'it is only to be checked',
        () => restoreTo(target, liveFile, '--verify').then(() => fail()),
        /only checked/,
      ],
      ['it is interrupted in the midst', () => interrupted(), /It was interrupted/],
    ])('changes nothing when %s', async (_, act, message) => {
      await expect(act()).rejects.toThrow(message);
      expect(await dump(target)).toBe(before);
      expect(readdirSync(target.dataDir)).toEqual(['encryption.key']);
      expect(readFileSync(join(target.dataDir, 'encryption.key'), 'utf8')).toBe(keyBefore);
    });

    it('refuses while the product runs, also by force', async () => {
      await start(onFake(), { installation: target });
      while ((await query(target, 'SELECT 1 FROM processes')).length === 0);
      await expect(restoreTo(target, liveFile, ...forced)).rejects.toThrow(/Cronium runs on this database/);
      await closeAll();
      expect(await query(target, `SELECT 1 FROM users WHERE email = 'somebody@example.com'`)).toHaveLength(1);
    });

    it('replaces all of it by force, and keeps the key that was there under another name', async () => {
      await restoreTo(target, liveFile, ...forced);
      expect(await query(target, 'SELECT email FROM users')).toEqual([{ email: 'user@example.com' }]);
      expect(await query(target, `SELECT 1 FROM pg_namespace WHERE nspname = 'pgboss'`)).toEqual([]);
      const [key, kept = ''] = readdirSync(target.dataDir);
      expect([key, kept]).toEqual(['encryption.key', expect.stringMatching(/^encryption\.key\.before-/)]);
      expect(readFileSync(join(target.dataDir, kept), 'utf8')).toBe(keyBefore);
    });
  });

  it('starts the embedded database for it, and ends it again', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cronium-embedded-'));
    const config = loadConfig({ CRONIUM_DATA_DIR: dataDir, CRONIUM_BACKUP_PASSPHRASE: passphrase });
    await expect(backUp(config, [], never)).rejects.toThrow(/no .*encryption\.key/);
    await restore(config, [quietFile], never);
    await backUp(config, [], never);
    const [name = ''] = readdirSync(join(dataDir, 'backups'));
    expect(name).toMatch(/^cronium-\d{8}T\d{6}Z\.backup$/);
    expect(existsSync(join(dataDir, 'postgres/data/postmaster.pid'))).toBe(false);
    const target = await installationOf();
    await restoreTo(target, join(dataDir, 'backups', name));
    expect(await query(target, 'SELECT 1 FROM users')).toHaveLength(1);
    rmSync(dataDir, { recursive: true });
  });

  it('takes the passphrase from a file, and overwrites no backup', async () => {
    const [file, empty] = [join(folder, 'passphrase'), join(folder, 'empty')];
    writeFileSync(file, `${passphrase}\n`);
    writeFileSync(empty, '\n');
    const verify = (path: string) => [liveFile, '--verify', '--passphrase-file', path];
    const config = configOf(source, { CRONIUM_BACKUP_PASSPHRASE: '' });
    await restore(config, verify(file), never);
    await expect(restore(config, verify(empty), never)).rejects.toThrow(/passphrase is empty/);
    await expect(restore(config, [liveFile], never)).rejects.toThrow(/no terminal to ask for it/);
    await expect(backUpOf(source, '--output', liveFile)).rejects.toThrow(/is there already/);
  });
});
