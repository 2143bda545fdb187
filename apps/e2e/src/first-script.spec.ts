import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** A newcomer’s first minutes: sign in, write a script, run it, and watch what it prints. */
describe('the first script', () => {
  let product: Product;
  let visitor: Visitor;

  beforeAll(async () => {
    product = await startProduct();
    visitor = await Visitor.open();
    await visitor.signIn(product);
  });
  afterAll(async () => {
    await visitor.close();
    await product.dispose();
  });

  it('runs in a sandbox, and its output arrives line by line', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('Greeting');
    await page
      .getByRole('radio', { name: 'Python' })
      .or(page.getByText('Python', { exact: true }))
      .first()
      .click();
    await page
      .locator('.cm-content')
      .fill(
        'import cronium, socket, time\nprint("hello from", socket.gethostname())\ntime.sleep(12)\nprint(cronium.input()["city"])',
      );
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').locator('.cm-content').fill('{"city": "Zürich"}');
    await page.getByRole('button', { name: 'Save and run' }).click();
    await page.waitForURL(/\/executions\//);

    await page.getByText('hello from sandbox').waitFor();
    await visitor.untilState('running');
    await page.getByText('Zürich').first().waitFor();
    await visitor.untilState('succeeded');
    expect(visitor.errors).toEqual([]);
  });

  it('is found again in the lists, and by keyboard', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/executions?state=failed`);
    await page.getByText('No execution matches').waitFor();
    await page.goto(`${product.url}/executions?state=succeeded`);
    await page.getByTestId('execution-row').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Search or run' }).fill('Greeting');
    await page.getByRole('option').filter({ hasText: 'Greeting' }).first().waitFor();
    await page.keyboard.press('Escape');
  });

  it('can be cancelled, after a question', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('Endless');
    await page.locator('.cm-content').fill('echo begun\nsleep 600');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('button', { name: 'Save and run' }).click();
    await page.getByText('begun').first().waitFor();
    await page.getByRole('button', { name: 'Cancel run' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel run' }).click();
    await visitor.untilState('cancelled');
    expect(visitor.errors).toEqual([]);
  });

  it('loads at most 300 kB of compressed JavaScript before the first page', async () => {
    const other = await Visitor.open();
    let bytes = 0;
    try {
      const client = await other.page.context().newCDPSession(other.page);
      await client.send('Network.enable');
      const scripts = new Set<string>();
      client.on(
        'Network.responseReceived',
        ({ requestId, type }) => type === 'Script' && scripts.add(requestId),
      );
      client.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        if (scripts.has(requestId)) bytes += encodedDataLength;
      });
      await other.page.goto(product.url, { waitUntil: 'networkidle' });
      await other.page.getByLabel('Email').waitFor();
    } finally {
      await other.close();
    }
    expect(bytes).toBeGreaterThan(10_000);
    expect(bytes).toBeLessThanOrEqual(300 * 1024);
  });
});
