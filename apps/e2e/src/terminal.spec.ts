import type { Server } from '@cronium/contracts';

import { ApiClient } from './api-client';
import { startProduct, type Product } from './product';
import { Sshd } from './sshd';
import { Visitor } from './visitor';

/** A person with whom a host is shared works in its shell, until that is taken back. */
describe('the terminal', () => {
  const guest = { email: 'grace@example.com', password: 'a guest’s password' };
  let sshd: Sshd;
  let product: Product;
  let api: ApiClient;
  let server: Server;
  let visitor: Visitor;

  beforeAll(async () => {
    sshd = await Sshd.start();
    product = await startProduct();
    api = await ApiClient.signIn(product);
    server = await api.addSshServer('web-01', sshd);
    await api.createUser(guest.email, guest.password);
    await share();
    visitor = await Visitor.open({
      viewport: { width: 1280, height: 800 },
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await visitor.signIn({ ...product, ...guest });
  });
  afterAll(async () => {
    await visitor.close();
    await product.dispose();
    await sshd.stop();
  });

  const share = () => api.share(server.id, [{ email: guest.email, level: 'manage' }]);
  const untilState = (state: string) =>
    visitor.page.locator(`[data-testid="terminal-state"][data-state="${state}"]`).waitFor();
  const shows = (text: string | RegExp) =>
    visitor.page.locator('.xterm-rows > div').filter({ hasText: text }).last();
  const type = async (text: string) => {
    await visitor.page.keyboard.type(text);
    await visitor.page.keyboard.press('Enter');
  };
  const openTerminal = async () => {
    await visitor.page.goto(`${product.url}/servers/${server.id}`);
    await visitor.page.getByRole('link', { name: 'Terminal' }).click();
    await untilState('open');
    // What is typed before the shell is there is the shell's own affair: some throw it away.
    await shows(/[#$]\s*$/).waitFor();
  };

  it('loads its library with its page, not before', async () => {
    const { page } = visitor;
    const parts = async (): Promise<number> => {
      const names = await page.evaluate(() =>
        performance.getEntriesByType('resource').map(({ name }) => name),
      );
      const files = names.filter((name) => /\.(js|css)$/.test(name));
      const texts = await Promise.all(files.map(async (name) => (await fetch(name)).text()));
      return texts.filter((text) => text.includes('xterm-helper-textarea')).length;
    };
    await page.goto(`${product.url}/servers/${server.id}`);
    await page.getByRole('link', { name: 'Terminal' }).waitFor();
    expect(await parts()).toBe(0);
    await page.getByRole('link', { name: 'Terminal' }).click();
    await untilState('open');
    expect(await parts()).toBeGreaterThan(0);
  });

  it('takes keys without a click, Ctrl+K included, and follows the window', async () => {
    const { page } = visitor;
    await openTerminal();
    await type('echo $((6*7))');
    await shows('42').waitFor();
    await page.keyboard.type('no-such-command');
    for (let count = 0; count < 15; count += 1) await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Control+k');
    await type('echo cle""ared');
    await shows('cleared').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await type('stty size');
    const size = shows(/^\d+ \d+\s*$/);
    const wide = (await size.textContent()) ?? '';
    await page.setViewportSize({ width: 900, height: 700 });
    await type('clear; stty size');
    await size.filter({ hasNotText: wide }).waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('copies and pastes by keyboard', async () => {
    const { page } = visitor;
    await openTerminal();
    await type('clear; echo copy-me');
    const line = shows(/^copy-me\s*$/);
    await line.waitFor();
    // xterm listens on what lies above its lines.
    await line.dblclick({ position: { x: 10, y: 6 }, force: true });
    await page.keyboard.press('Control+Shift+C');
    await page.getByText('Copied.').waitFor();
    await page.keyboard.type('echo "[');
    await page.keyboard.press('Control+Shift+V');
    await type(']"');
    await shows(/^\[copy(-me)?\]\s*$/).waitFor();
  });

  it('is left by keyboard, and asks before it is left for good', async () => {
    const { page } = visitor;
    await openTerminal();
    await page.keyboard.press('Control+Shift+L');
    expect(await page.locator(':focus').textContent()).toContain('End session');
    await page.getByRole('link', { name: 'Servers', exact: true }).first().click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Stay' }).click();
    await untilState('open');
    await page.getByRole('link', { name: 'Servers', exact: true }).first().click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Leave and end it' }).click();
    await page.waitForURL(/\/servers$/);
  });

  it('ends with its shell, and opens again', async () => {
    const { page } = visitor;
    await openTerminal();
    await type('exit 3');
    await page.getByTestId('terminal-ended').filter({ hasText: 'exit code is 3' }).waitFor();
    await page.getByRole('button', { name: 'Open again' }).click();
    await untilState('open');
  });

  it('ends when access is taken away, says so, and does not open again', async () => {
    const { page } = visitor;
    await openTerminal();
    await type('echo $((6*7))');
    await shows('42').waitFor();
    await api.share(server.id, []);
    await page
      .getByTestId('terminal-ended')
      .filter({ hasText: 'You may no longer manage “web-01”' })
      .waitFor();
    // What was shown is still there to read.
    await shows('42').waitFor();
    await page.getByRole('button', { name: 'Open again' }).click();
    await page.getByTestId('terminal-refused').filter({ hasText: 'server_not_found' }).waitFor();
    await share();
    await page.getByRole('button', { name: 'Try again' }).click();
    await untilState('open');
    expect(visitor.errors).toEqual([]);
  });
});
