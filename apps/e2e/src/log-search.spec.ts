import { ApiClient } from './api-client';
import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** Both lines of stderr are one write: what is written to stdout before may be read after them. */
const script = `seq -f "row %g of many" 5000
cat >&2 <<< $'just before that line\\nneedle in the haystack'
seq -f "rest %g" 3000`;

/** Somebody looks for what a script wrote, and reads on where it stands. */
describe('the search of logs', () => {
  let product: Product;
  let visitor: Visitor;

  beforeAll(async () => {
    product = await startProduct();
    visitor = await Visitor.open({ viewport: { width: 1280, height: 800 } });
    await visitor.signIn(product);
    const api = await ApiClient.signIn(product);
    for (const [name, content] of [
      ['Quiet', 'echo nothing to see'],
      ['Loud', script],
    ]) {
      const event = await api.createEvent({ name, type: 'BASH', content });
      expect((await api.run(event.id)).state).toBe('succeeded');
    }
    await api.untilFound('needle haystack');
  });
  afterAll(async () => {
    await visitor.close();
    await product.dispose();
  });

  it('finds a line among thousands, and jumps to it', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/log-search`);
    await page.getByLabel('Search the logs').fill('needle haystack');
    const hit = page.getByTestId('log-hit');
    await hit.filter({ hasText: 'needle in the haystack' }).waitFor();
    expect(await hit.count()).toBe(1);
    expect(await hit.locator('mark').allTextContents()).toEqual(['needle', 'haystack']);
    await hit.click();
    await page.waitForURL(/\/executions\/[0-9a-f-]{36}\?.*line=/);
    const line = page.locator('[data-testid="log-line"].asked');
    await line.filter({ hasText: 'needle in the haystack' }).waitFor();
    expect(await line.getAttribute('data-stream')).toBe('stderr');
    await page.getByTestId('log-line').filter({ hasText: 'just before that line' }).waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('says when no line has it, and what may be searched for', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/log-search?q=unobtainium`);
    await page.getByText('No line has this').waitFor();
    await page.goto(`${product.url}/log-search?q=nothing`);
    await page.getByTestId('log-hit').filter({ hasText: 'nothing to see' }).waitFor();
    await page.getByLabel('Filter by event').selectOption({ label: 'Loud' });
    await page.getByText('No line has this').waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
