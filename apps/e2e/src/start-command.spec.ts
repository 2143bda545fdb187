import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

import { ApiClient } from './api-client';
import { startProduct, type Product } from './product';
import { containersOf, processesOf } from './traces';
import { Visitor } from './visitor';

const asTyped = { CRONIUM_ADMIN_PASSWORD: '', CRONIUM_ON_SHUTDOWN: '', CRONIUM_LOG_LEVEL: 'info' };

/** What `npm start` runs: it starts everything, and Ctrl-C ends all of it. */
describe('npm start', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ program: 'tools/start.mjs', env: asTyped });
  });
  afterAll(() => product.dispose());

  it('prints the address and the administrator’s sign-in, and Ctrl-C leaves nothing behind', async () => {
    await product.printed('Cronium is ready');
    expect(product.output()).toContain(`Cronium is ready: ${product.url}`);
    const [, password = ''] = /Password: (\S+)/.exec(product.output()) ?? [];
    const api = await ApiClient.signIn({ ...product, password });
    expect((await api.servers()).items).toMatchObject([{ name: 'Local Execution', isSystemManaged: true }]);

    // The engine is the broker's: the API is told of no engine, and every sandbox is the broker's.
    const [broker] = processesOf(product.dataDir).filter(({ command }) => command.includes('apps/broker'));
    const [server] = processesOf(product.dataDir).filter(({ command }) => command.includes('apps/api/main'));
    const environment = readFileSync(`/proc/${server?.pid ?? 0}/environ`, 'utf8').split('\0');
    expect(environment.filter((line) => /^(CRONIUM_BROKER|DOCKER_HOST)=/.test(line))).toEqual([
      expect.stringMatching(/^CRONIUM_BROKER=unix:/),
    ]);
    expect(containersOf([server?.pid ?? 0])).toEqual([]);

    // While a job runs, and while the pool is warm.
    const event = await api.createEvent({ name: 'Long', type: 'BASH', content: 'echo begun; sleep 600' });
    const { id } = await api.start(event.id);
    while ((await api.execution(id)).state !== 'running');
    const pids = processesOf(product.dataDir).map(({ pid }) => pid);
    expect(pids.length).toBeGreaterThan(1);
    expect(containersOf([broker?.pid ?? 0])).not.toEqual([]);

    await product.interrupt();
    expect(processesOf(product.dataDir)).toEqual([]);
    expect(containersOf(pids)).toEqual([]);

    // The second start: the same data, no new sign-in, and the job has its one end.
    const again = await startProduct({ program: 'tools/start.mjs', env: asTyped, dataDir: product.dataDir });
    try {
      await again.printed('Cronium is ready');
      expect(again.output()).not.toContain('Password:');
      const later = await ApiClient.signIn({ ...again, password });
      expect(await later.execution(id)).toMatchObject({ state: 'cancelled', jobs: [{ attempt: 1 }] });
    } finally {
      await again.interrupt();
    }
  });
});

describe('npm start without a Docker engine', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      program: 'tools/start.mjs',
      env: { DOCKER_HOST: 'unix:///nonexistent/docker.sock' },
    });
  });
  afterAll(() => product.dispose());

  it('serves all the same, and says why Local Execution is unavailable', async () => {
    expect(product.output()).toContain('Local Execution will be unavailable');
    const api = await ApiClient.signIn(product);
    // The product does not wait for the first check of a server: it serves before it knows.
    while ((await api.servers()).items.some(({ health }) => health === null)) await setTimeout(100);
    expect((await api.servers()).items).toMatchObject([
      { name: 'Local Execution', health: { healthy: false, reason: { code: 'engine_unavailable' } } },
    ]);
    const event = await api.createEvent({ name: 'Hopeful', type: 'BASH', content: 'echo hello' });
    expect(await api.run(event.id)).toMatchObject({
      state: 'failed',
      jobs: [{ error: { code: 'engine_unavailable', platform: true } }],
    });
  });

  it('shows the reason on the page', async () => {
    const visitor = await Visitor.open();
    try {
      await visitor.signIn(product);
      const banner = visitor.page.getByTestId('local-execution-unavailable');
      await banner.filter({ hasText: 'The Docker engine does not answer' }).waitFor();
      await visitor.page.goto(`${product.url}/executions`);
      await visitor.page.getByRole('link', { name: 'Hopeful' }).click();
      await visitor.page.getByTestId('job-error').filter({ hasText: 'engine_unavailable' }).waitFor();
      await visitor.page.getByRole('button', { name: 'Run again' }).waitFor();
    } finally {
      await visitor.close();
    }
  });
});
