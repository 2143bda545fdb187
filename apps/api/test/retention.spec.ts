import type { Event, Execution, LogPage, Session } from '@cronium/contracts';
import { DataSource } from 'typeorm';

import { EnforcementActions } from '../src/enforcement/enforcement-actions';
import { Retention } from '../src/executions/retention';
import { localExecutionId } from '../src/servers/local-execution';
import { ServerUsageRepository } from '../src/servers/server-usage.repository';
import { onFake, startTestApp, type TestApp } from './test-app';

describe('retention', () => {
  let app: TestApp;
  let admin: Session;
  let event: Event;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    const body = { name: 'Loud', type: 'BASH', content: `repeat 1000 ${'x'.repeat(1100)}` };
    event = (await app.as(admin, 'post', '/events').send(body).expect(201)).body as Event;
  });
  afterAll(() => app.close());

  /** An execution that ended some days ago. */
  const ended = async (daysAgo: number): Promise<Execution> => {
    const { body } = await app.as(admin, 'post', `/events/${event.id}/run?wait=20`).send({}).expect(202);
    const execution = body as Execution;
    const database = app.app.get(DataSource);
    for (const [table, column] of [
      ['executions', 'id'],
      ['jobs', 'execution_id'],
    ] as const) {
      await database.query(
        `UPDATE ${table} SET ended_at = now() - make_interval(days => $2) WHERE ${column} = $1`,
        [execution.id, daysAgo],
      );
    }
    return execution;
  };
  const set = (settings: object) => app.as(admin, 'patch', '/settings').send(settings).expect(200);
  const cleanUp = () => app.app.get(Retention, { strict: false }).cleanUp();
  const statusOf = async ({ id }: Execution) => (await app.as(admin, 'get', `/executions/${id}`)).status;
  const logOf = async ({ jobs }: Execution) =>
    (await app.as(admin, 'get', `/jobs/${jobs[0]?.id ?? ''}/log?limit=1`)).body as LogPage;

  it('keeps everything while nothing is set', async () => {
    const old = await ended(5000);
    expect(await cleanUp()).toEqual({ executions: 0, logs: 0, versions: 0 });
    expect(await statusOf(old)).toBe(200);
  });

  it('takes logs away by age, and the figures stay', async () => {
    const [old, young] = [await ended(10), await ended(1)];
    await set({ retention_logs_days: 7 });
    expect((await cleanUp())?.logs).toBeGreaterThanOrEqual(1);
    await set({ retention_logs_days: null });
    expect((await logOf(old)).entries).toEqual([]);
    expect((await logOf(young)).entries).toHaveLength(1);
    const after = (await app.as(admin, 'get', `/executions/${old.id}`)).body as Execution;
    expect(after.jobs[0]?.logRemovedAt).toEqual(expect.any(String));
    expect(after.jobs[0]?.logBytes).toBeGreaterThan(1_000_000);
  });

  it('takes the oldest logs away beyond the size', async () => {
    const [older, newer] = [await ended(3), await ended(2)];
    await set({ retention_logs_mb: 2 });
    await cleanUp();
    await set({ retention_logs_mb: null });
    expect((await logOf(older)).entries).toEqual([]);
    expect((await logOf(newer)).entries).toEqual([]);
    expect((await logOf(await ended(0))).entries).toHaveLength(1);
  });

  it('deletes executions by age with all that is theirs', async () => {
    const [old, young] = [await ended(40), await ended(1)];
    await set({ retention_executions_days: 30 });
    expect((await cleanUp())?.executions).toBeGreaterThanOrEqual(1);
    await set({ retention_executions_days: null });
    expect([await statusOf(old), await statusOf(young)]).toEqual([404, 200]);
    await app.as(admin, 'get', `/jobs/${old.jobs[0]?.id ?? ''}/log`).expect(404);
  });

  it('deletes old figures of hosts, and of limits of no job', async () => {
    const usages = app.app.get(ServerUsageRepository, { strict: false });
    const nothing = { usedBytes: 1, limitBytes: 2 };
    const sample = (daysAgo: number) =>
      usages.keep(localExecutionId, {
        at: new Date(Date.now() - daysAgo * 86_400_000).toISOString(),
        cpu: { usedPercent: 150, limitCores: 4 },
        memory: nothing,
        disk: nothing,
        activeJobs: 0,
      });
    await Promise.all([sample(31), sample(29)]);
    const actions = app.app.get(EnforcementActions, { strict: false });
    const swept = { kind: 'swept', resource: 'sandboxes', bound: null, serverId: localExecutionId } as const;
    await actions.record([
      { ...swept, used: 1 },
      { ...swept, used: 2 },
    ]);
    const database = app.app.get(DataSource);
    await database.query(`UPDATE enforcement_actions SET at = now() - interval '91 days' WHERE used = 1`);
    await cleanUp();
    const history = await usages.history(localExecutionId, 100 * 24);
    // Stretches are as long as the time asked for makes them.
    expect(history).toMatchObject({ everySeconds: 28_800, samples: [{ cpuPercent: 150, load: null }] });
    expect((await actions.page({ limit: 10, kind: 'swept' })).items.map(({ used }) => used)).toEqual([2]);
  });

  it('is done by one process at a time', async () => {
    const [first, second] = await Promise.all([cleanUp(), cleanUp()]);
    expect([first, second].filter((done) => done === null).length).toBeLessThanOrEqual(1);
    expect(await cleanUp()).not.toBeNull();
  });
});
