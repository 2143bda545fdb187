import { ApiClient } from './api-client';
import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

const lines = 200_000;
/** Coloured lines on stdout, and every ten-thousandth on stderr. */
const loud = `awk 'BEGIN { for (i = 1; i <= ${lines}; i++) {
  if (i % 10000 == 0) print "trouble at " i > "/dev/stderr"; else printf "line \\033[32m%d\\033[0m of many\\n", i } }'`;

describe('the log of a loud script', () => {
  let product: Product;
  let api: ApiClient;
  let visitor: Visitor;

  beforeAll(async () => {
    product = await startProduct();
    api = await ApiClient.signIn(product);
    visitor = await Visitor.open({ viewport: { width: 1280, height: 800 } });
    await visitor.signIn(product);
    const event = await api.createEvent({ name: 'Loud', type: 'BASH', content: loud });
    const { id } = await api.start(event.id);
    // Live from the start, or late and then caught up: both must show everything.
    await visitor.page.goto(`${product.url}/executions/${id}`);
    await visitor.page.locator(`[data-testid="log"][data-lines="${lines}"]`).waitFor();
  });
  afterAll(async () => {
    await visitor.close();
    await product.dispose();
  });

  it('has every line, and draws only those in the window', async () => {
    await visitor.untilState('succeeded');
    const rows = visitor.page.getByTestId('log-line');
    expect(await rows.count()).toBeLessThan(200);
    await rows.filter({ hasText: `line ${lines - 1} of many` }).waitFor();
    await visitor.page.getByTestId('log').evaluate((log) => log.scrollTo(0, 0));
    await rows.filter({ hasText: 'line 1 of many' }).first().waitFor();
  });

  it('searches, tells stderr apart, and shows colours', async () => {
    const { page } = visitor;
    await page.keyboard.press('Control+f');
    await page.getByLabel('Search the log').fill('trouble at 150000');
    await page.getByTestId('log-matches').filter({ hasText: '1 of 1' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('[data-testid="log-line"].stderr').filter({ hasText: 'trouble at 150000' }).waitFor();
    await page.getByTestId('log').evaluate((log) => log.scrollTo(0, 0));
    const number = page
      .getByTestId('log-line')
      .filter({ hasText: 'line 1 of many' })
      .getByText('1', { exact: true });
    const [colour, plain] = await number.evaluate((span) => [
      getComputedStyle(span).color,
      getComputedStyle(span.parentElement ?? span).color,
    ]);
    expect(colour).not.toBe(plain);
  });

  it('is downloaded whole', async () => {
    const { page } = visitor;
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download the raw log' }).click(),
    ]);
    const stream = await download.createReadStream();
    let text = '';
    for await (const piece of stream) text += String(piece);
    expect(text.trimEnd().split('\n')).toHaveLength(lines);
    expect(visitor.errors).toEqual([]);
  });
});
