import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { type Event, type Execution, executionSchema, type Session } from '@cronium/contracts';

import { expectProblem } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

/** A small disk of its own, as a mount. */
describe('a data folder on a full disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-disk-'));
  let app: TestApp;
  let user: Session;
  let event: Event;

  beforeAll(async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', folder]);
    app = await startTestApp(onFake(), {
      environment: { CRONIUM_DATA_DIR: folder, CRONIUM_MIN_FREE_MB: '32' },
    });
    user = await app.signIn('USER');
    const body = { name: 'x', type: 'BASH', content: 'sleep 1\necho end' };
    event = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
  });
  afterAll(async () => {
    await app.close();
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  const run = () => app.as(user, 'post', `/events/${event.id}/run`).send({});
  const ended = async (id: string): Promise<Execution> => {
    for (;;) {
      const execution = executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
      if (execution.endedAt !== null) return execution;
    }
  };
  /** What was seen of the disk is believed for a second. */
  const seenAnew = () => delay(1100);

  it('refuses new work with the reason, ends what runs, and goes on when there is room', async () => {
    const ballast = join(folder, 'ballast');
    const running = executionSchema.parse((await run().expect(202)).body);
    writeFileSync(ballast, Buffer.alloc(40 * 1024 * 1024));
    await seenAnew();
    const refused = await run();
    const problem = expectProblem(refused, 503, 'data_disk_full');
    expect(problem.detail).toMatch(/Only \d+ MiB are free/);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expect(await ended(running.id)).toMatchObject({ state: 'succeeded', jobs: [{ logEntries: 1 }] });
    rmSync(ballast);
    await seenAnew();
    const next = executionSchema.parse((await run().expect(202)).body);
    expect(await ended(next.id)).toMatchObject({ state: 'succeeded' });
  });
});
