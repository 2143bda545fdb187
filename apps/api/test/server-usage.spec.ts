import { type ServerUsageHistory, serverUsageHistorySchema, type Session } from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { localExecutionId } from '../src/servers/local-execution';
import { ServerHealthRepository } from '../src/servers/server-health.repository';
import { onFake, startTestApp, type TestApp } from './test-app';

const gibibyte = 1024 ** 3;

describe('what the machine of a container server uses', () => {
  let app: TestApp;
  let admin: Session;
  const fake = new FakeServer();
  fake.host = {
    at: new Date().toISOString(),
    memoryAvailableBytes: 6 * gibibyte,
    memoryTotalBytes: 8 * gibibyte,
    diskFreeBytes: 30 * gibibyte,
    diskTotalBytes: 100 * gibibyte,
    cpuPercent: 150,
  };
  beforeAll(async () => {
    app = await startTestApp(onFake(fake));
    admin = await app.signIn('ADMIN');
  });
  afterAll(() => app.close());

  const history = async (): Promise<ServerUsageHistory> =>
    serverUsageHistorySchema.parse(
      (await app.as(admin, 'get', `/servers/${localExecutionId}/usage/history?hours=1`).expect(200))
        .body as unknown,
    );

  it('is kept while nobody looks and nothing runs', async () => {
    let found = await history();
    while (found.samples.length === 0) found = await history();
    expect(found).toMatchObject({
      samples: [{ cpuPercent: 150, memoryBytes: 2 * gibibyte, diskBytes: 70 * gibibyte }],
      last: { memoryLimitBytes: 8 * gibibyte, diskLimitBytes: 100 * gibibyte },
    });
  });

  it('is asked for once a minute, and what is left over once an hour, by one of all processes', async () => {
    const health = app.app.get(ServerHealthRepository, { strict: false });
    const database = app.app.get(DataSource);
    const due = async () => {
      await database.query('UPDATE server_health SET next_check_at = now(), checking_until = NULL');
      const { servers } = await health.takeDue(10);
      return servers.map(({ isSampled, isSwept }) => [isSampled, isSwept]);
    };
    const ago = (sampled: number, swept: number) =>
      database.query(
        'UPDATE server_health SET sampled_at = now() - make_interval(secs => $1), swept_at = now() - make_interval(secs => $2)',
        [sampled, swept],
      );
    await ago(50, 3500);
    expect(await due()).toEqual([[false, false]]);
    await ago(60, 3500);
    expect(await due()).toEqual([[true, false]]);
    await ago(60, 3700);
    expect(await due()).toEqual([[true, true]]);
    expect(await due()).toEqual([[false, false]]);
  });
});
