import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { type Event, executionSchema, type Session } from '@cronium/contracts';
import { Client } from 'pg';
import request from 'supertest';

import { loadConfig } from '../src/config/config';
import { openEnvironment, type StoredEnvironmentEntry } from '../src/events/stored-environment';
import { rotateKey } from '../src/secrets/rotation/rotate-key';
import { SecretsService } from '../src/secrets/secrets.service';
import {
  openBrokerIdentity,
  openCredentials,
  sealBrokerIdentity,
  sealCredentials,
} from '../src/servers/server-credentials';
import { insertServer } from './insert-server';
import { createInstallation, type Installation, onFake, startTestApp, testPassword } from './test-app';

const identity = { certificate: 'certificate', privateKey: 'private key' };
const credentials = { kind: 'password', password: 'of the host' } as const;
const keys = ['a1'.repeat(32), 'b2'.repeat(32)] as const;

describe('rotating the encryption key', () => {
  const installations: Installation[] = [];
  afterAll(async () => {
    for (const installation of installations) await installation.remove();
  });

  const configOf = ({ database, dataDir }: Installation, environment: NodeJS.ProcessEnv = {}) =>
    loadConfig({ DATABASE_URL: database.url, CRONIUM_DATA_DIR: dataDir, ...environment });
  const keyIn = ({ dataDir }: Installation, name = 'encryption.key') =>
    new SecretsService(Buffer.from(readFileSync(join(dataDir, name), 'utf8').trim(), 'hex'));
  const query = async <Row extends object>(
    { database }: Installation,
    ...statement: [string, unknown[]?]
  ): Promise<Row[]> => {
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query<Row>(...statement)).rows;
    } finally {
      await client.end();
    }
  };
  /** As after the end of its process, which here goes on. */
  const forget = (installation: Installation) => query(installation, 'DELETE FROM processes');

  /** An installation with a secret of each kind, which has stopped. */
  const withSecrets = async (environment: NodeJS.ProcessEnv = {}) => {
    const installation = await createInstallation();
    installations.push(installation);
    const app = await startTestApp(onFake(), { installation, environment });
    const admin = await app.signIn('ADMIN', 'admin2@example.com');
    const create = async (path: string, body: object, user: Session = admin) =>
      (await app.as(user, 'post', path).send(body).expect(201)).body as { id: string };
    const event = {
      ...{ name: 'Sealed', type: 'BASH', content: 'true' },
      environment: [
        { key: 'TOKEN', value: 'hunter2', secret: true },
        { key: 'PLAIN', value: 'seen', secret: false },
      ],
    };
    const { id: eventId } = await create('/events', event);
    const { id: deletedId } = await create('/events', { ...event, name: 'Deleted' });
    await app.as(admin, 'delete', `/events/${deletedId}`).expect(204);
    await create('/alert-channels', {
      ...{ kind: 'webhook', name: 'Hook', enabled: true },
      webhook: { url: 'https://example.com/', secret: 'of the hook, long enough' },
    });
    await create('/servers/keys', {});
    const secrets = app.app.get(SecretsService, { strict: false });
    const [brokerId, sshId] = [
      await insertServer(app, admin.user.id),
      await insertServer(app, admin.user.id),
    ];
    await query(installation, 'UPDATE servers SET broker = $2, broker_credentials = $3 WHERE id = $1', [
      ...[brokerId, { address: 'tls://broker.example.com:7000' }],
      sealBrokerIdentity(secrets, brokerId, identity),
    ]);
    await query(
      installation,
      `UPDATE servers SET type = 'ssh', container_config = NULL, ssh_config = '{}', ssh_credentials = $2 WHERE id = $1`,
      [sshId, sealCredentials(secrets, sshId, credentials)],
    );
    await app.close();
    await forget(installation);
    return { installation, eventId, brokerId, sshId, before: secrets };
  };

  /** Rows of all tables in which something stands that a key has sealed, but for what nothing opens. */
  const sealedWith = async (installation: Installation, { keyId }: SecretsService) => {
    const tables = await query<{ name: string }>(
      installation,
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`,
    );
    const counts = tables.map(async ({ name }) => {
      const opened = name === 'event_versions' ? 'AND event_id IS NOT NULL' : '';
      const [found] = await query<{ count: number }>(
        installation,
        `SELECT count(*)::int FROM ${name} t WHERE to_jsonb(t)::text LIKE '%v1.${keyId}.%' ${opened}`,
      );
      return [name, found?.count ?? 0] as const;
    });
    return Object.fromEntries((await Promise.all(counts)).filter(([, count]) => count > 0));
  };

  const everywhere = { alert_channels: 1, event_versions: 1, events: 1, generated_keys: 1, servers: 2 };

  it('seals every secret anew with a key that it makes, and keeps the one before', async () => {
    const { installation, eventId, brokerId, sshId, before } = await withSecrets();
    expect(await sealedWith(installation, before)).toEqual(everywhere);

    const rotation = await rotateKey(configOf(installation));
    const after = keyIn(installation);
    expect(rotation).toEqual({
      ...{ values: 6, keyId: after.keyId },
      file: join(installation.dataDir, 'encryption.key'),
    });
    expect(await sealedWith(installation, before)).toEqual({});
    expect(await sealedWith(installation, after)).toEqual(everywhere);

    const files = readdirSync(installation.dataDir).filter((name) => name.startsWith('encryption.key'));
    expect(files).toEqual(['encryption.key', expect.stringMatching(/^encryption\.key\.before-/)]);
    expect(keyIn(installation, files[1]).keyId).toBe(before.keyId);
    expect(statSync(join(installation.dataDir, 'encryption.key')).mode & 0o777).toBe(0o600);

    const rows = await query<{ id: string; sealed: string }>(
      installation,
      'SELECT id, coalesce(ssh_credentials, broker_credentials) AS sealed FROM servers WHERE id = ANY($1)',
      [[brokerId, sshId]],
    );
    const sealedOf = (id: string) => rows.find((row) => row.id === id)?.sealed ?? '';
    expect(openBrokerIdentity(after, brokerId, sealedOf(brokerId))).toEqual(identity);
    expect(openCredentials(after, sshId, sealedOf(sshId))).toEqual(credentials);
    const [event] = await query<{ environment: StoredEnvironmentEntry[] }>(
      installation,
      'SELECT environment FROM events WHERE id = $1',
      [eventId],
    );
    expect(openEnvironment(after, eventId, event?.environment ?? [])).toEqual({
      ...{ TOKEN: 'hunter2', PLAIN: 'seen' },
    });
    const audit = await query(
      installation,
      `SELECT details FROM audit_log WHERE action = 'installation.key_rotated'`,
    );
    expect(audit).toEqual([{ details: { values: 6, keyId: after.keyId } }]);
  });

  it('replaces the key of ENCRYPTION_KEY by that of NEW_ENCRYPTION_KEY, with which jobs then run', async () => {
    const [before, after] = keys;
    const { installation, eventId } = await withSecrets({ ENCRYPTION_KEY: before });
    const configured = { ENCRYPTION_KEY: before };
    await expect(rotateKey(configOf(installation, configured))).rejects.toThrow(/Set NEW_ENCRYPTION_KEY/);
    const same = { ...configured, NEW_ENCRYPTION_KEY: before };
    await expect(rotateKey(configOf(installation, same))).rejects.toThrow(/is the key in use/);

    const rotation = await rotateKey(configOf(installation, { ...configured, NEW_ENCRYPTION_KEY: after }));
    expect(rotation).toMatchObject({ values: 6, file: undefined });

    const app = await startTestApp(onFake(), { installation, environment: { ENCRYPTION_KEY: after } });
    const signedIn = await request(app.server)
      .post('/api/auth/login')
      .send({ email: 'admin2@example.com', password: testPassword })
      .expect(200);
    const admin = signedIn.body as Session;
    const run = await app.as(admin, 'post', `/events/${eventId}/run?wait=20`).send({}).expect(202);
    expect(executionSchema.parse(run.body).state).toBe('succeeded');
    const changed = await app
      .as(admin, 'patch', `/events/${eventId}`)
      .send({ environment: [{ key: 'TOKEN', value: null, secret: true }] })
      .expect(200);
    expect((changed.body as Event).environment).toEqual([{ key: 'TOKEN', value: null, secret: true }]);
    await app.close();
  });

  it('changes nothing while Cronium runs, with another key, or on another schema', async () => {
    const { installation, before } = await withSecrets();
    await query(
      installation,
      `INSERT INTO processes (id, name, roles) VALUES (gen_random_uuid(), 'elsewhere/1', '{}')`,
    );
    await expect(rotateKey(configOf(installation))).rejects.toThrow(
      /Cronium runs on this database \(elsewhere/,
    );
    await forget(installation);

    const other = { ENCRYPTION_KEY: keys[0], NEW_ENCRYPTION_KEY: keys[1] };
    await expect(rotateKey(configOf(installation, other))).rejects.toThrow(
      /was encrypted with key .* but the key in use is/,
    );

    await query(installation, `INSERT INTO migrations (timestamp, name) VALUES (9, 'Tomorrow9')`);
    await expect(rotateKey(configOf(installation))).rejects.toThrow(/another version \(Tomorrow9\)/);

    expect(await sealedWith(installation, before)).toEqual(everywhere);
    expect(keyIn(installation).keyId).toBe(before.keyId);
    expect(readdirSync(installation.dataDir)).toEqual(['encryption.key']);
  });
});
