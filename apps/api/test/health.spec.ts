import {
  type Event,
  livenessSchema,
  problemSchema,
  type Readiness,
  readinessSchema,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { Client } from 'pg';
import request from 'supertest';

import { version } from '../src/http/version';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';

describe('health', () => {
  let installation: Installation;
  let app: TestApp;
  let user: Session;

  beforeAll(async () => {
    installation = await createInstallation();
    app = await startTestApp(onFake(new FakeServer()), { installation });
    user = await app.signIn('USER');
  });
  afterAll(async () => {
    await app.close();
    await installation.remove();
  });

  const ask = (what: 'live' | 'ready') => request(app.server).get(`/api/health/${what}`);
  const readinessUntil = async (status: Readiness['status']): Promise<request.Response> => {
    let answer = await ask('ready');
    while (readinessSchema.parse(answer.body).status !== status) answer = await ask('ready');
    return answer;
  };

  /** From outside: what an operator does to a database, and what its restart looks like to whoever is connected. */
  const onCluster = async (...statements: string[]): Promise<void> => {
    const client = new Client({ connectionString: process.env['CRONIUM_TEST_POSTGRES'] });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  const name = () => new URL(installation.database.url).pathname.slice(1);
  const takeAway = () =>
    onCluster(
      `ALTER DATABASE ${name()} ALLOW_CONNECTIONS false`,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name()}'`,
    );
  const giveBack = () => onCluster(`ALTER DATABASE ${name()} ALLOW_CONNECTIONS true`);

  it('is told to everybody while the process runs', async () => {
    const answer = await ask('live').expect(200);
    expect(livenessSchema.parse(answer.body)).toEqual({ status: 'ok', version });
  });

  it('is ready when database and queue answer', async () => {
    let answer = await ask('ready').expect(200);
    // Servers are checked behind the start, and nothing waits for them.
    const isChecked = ({ checks }: Readiness) => !checks.localExecution.reason?.includes('not checked yet');
    while (!isChecked(readinessSchema.parse(answer.body))) answer = await ask('ready').expect(200);
    expect(readinessSchema.parse(answer.body)).toEqual({
      status: 'ok',
      checks: { database: { status: 'up' }, queue: { status: 'up' }, localExecution: { status: 'up' } },
    });
  });

  it('is not ready without its database, says when to come again, and recovers by itself', async () => {
    await takeAway();
    try {
      const ill = await readinessUntil('unavailable');
      expect(ill.status).toBe(503);
      expect(ill.headers['retry-after']).toBe('5');
      expect(readinessSchema.parse(ill.body).checks.database).toEqual({
        status: 'down',
        reason: expect.any(String),
      });
      await ask('live').expect(200);

      const refused = await app.as(user, 'get', '/events');
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toBe('5');
      expect(refused.headers['content-type']).toMatch('application/problem+json');
      expect(problemSchema.parse(refused.body)).toMatchObject({ code: 'database_unavailable', status: 503 });
    } finally {
      await giveBack();
    }
    await readinessUntil('ok');
    const body = { name: 'x', type: 'BASH', content: 'echo here again' };
    const event = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    const run = await app.as(user, 'post', `/events/${event.id}/run?wait=30`).send({});
    expect(run.body).toMatchObject({ state: 'succeeded' });
  });
});
