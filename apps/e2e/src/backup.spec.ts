import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ApiClient } from './api-client';
import { root, startProduct, type Product } from './product';
import { Visitor } from './visitor';

const execute = promisify(execFile);

jest.setTimeout(150_000);

/** What `npm run backup` writes is brought up elsewhere by `npm run restore`, and goes on there. */
describe('a backup', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-e2e-backup-'));
  const file = join(folder, 'whole.backup');
  const products: Product[] = [];
  let visitor: Visitor | undefined;

  afterAll(async () => {
    await visitor?.close();
    for (const product of products) await product.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = async (dataDir: string): Promise<Product> => {
    const product = await startProduct({ dataDir });
    products.push(product);
    return product;
  };
  const tool = (dataDir: string, passphrase: string, ...args: string[]) =>
    execute(process.execPath, ['tools/backup.mjs', ...args], {
      cwd: root,
      env: {
        ...process.env,
        ...{ CRONIUM_DATA_DIR: dataDir, CRONIUM_BACKUP_PASSPHRASE: passphrase, INIT_CWD: folder },
      },
    });

  it('is made of a product that runs, and the restored one has its people, events and secrets, and runs them', async () => {
    const before = await start(join(folder, 'before'));
    const api = await ApiClient.signIn(before);
    const event = await api.createEvent({
      ...{ name: 'Greeting', type: 'BASH', content: 'echo "hello $WHOM"' },
      environment: [{ key: 'WHOM', value: 'restored world', secret: true }],
    });
    expect((await api.run(event.id)).state).toBe('succeeded');
    const { stdout } = await tool(before.dataDir, 'a long passphrase', 'backup', '--output', file);
    expect(stdout).toContain(file);
    await before.interrupt();

    const elsewhere = join(folder, 'after');
    await expect(tool(elsewhere, 'a wrong passphrase', 'restore', file)).rejects.toThrow(/passphrase/);
    await tool(elsewhere, 'a long passphrase', 'restore', file);

    const after = await start(elsewhere);
    visitor = await Visitor.open();
    const { page } = visitor;
    // The password is the one of the installation before.
    await visitor.signIn(after);
    await page.goto(`${after.url}/events/${event.id}`);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    await visitor.untilState('succeeded');
    await page.getByTestId('log-line').filter({ hasText: 'hello' }).waitFor();
    const executions = page.getByTestId('execution-row');
    await page.goto(`${after.url}/executions`);
    await executions.nth(1).waitFor();
    expect(await executions.count()).toBe(2);
    expect(visitor.errors).toEqual([]);
  });
});
