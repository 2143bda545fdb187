import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** An administrator sees a script run, and what it uses, and kills it; then its execution has kept the charts. */
describe('the execution monitor', () => {
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

  it('shows what runs with what it uses, and kills it', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('Hungry');
    await page.locator('.cm-content').fill('while true; do :; done');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/\/events\/[0-9a-f-]{36}/);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    await visitor.untilState('running');
    const execution = page.url();

    await page.getByRole('link', { name: 'Monitor' }).click();
    const tile = page.getByTestId('server-tile').filter({ hasText: 'Local Execution' });
    await tile.getByText('1 running').waitFor();
    await tile.getByText(/[1-9]\d* % of \d+ cores/).waitFor();
    await page.getByRole('img', { name: /^CPU of Local Execution: [1-9]/ }).waitFor();
    const row = page.getByTestId('active-job').filter({ hasText: 'Hungry' });
    await row.getByText(/^[1-9]\d* %$/).waitFor();
    await row.getByRole('button', { name: 'Kill Hungry' }).click();
    await page.getByRole('button', { name: 'Kill run', exact: true }).click();
    await page.getByText('Nothing runs').waitFor();

    await page.goto(execution);
    await visitor.untilState('cancelled');
    await page.getByRole('tab', { name: 'Resources' }).click();
    await page.getByRole('img', { name: /^CPU of the job: .* [1-9]\d* % at most/ }).waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
