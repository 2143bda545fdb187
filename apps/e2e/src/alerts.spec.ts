import { ApiClient } from './api-client';
import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** Conditions are looked at once a minute. */
jest.setTimeout(150_000);

/** An event fails again and again: the bell says so, somebody sees to it, and says that it is over. */
describe('an alert', () => {
  let product: Product;
  let api: ApiClient;
  let visitor: Visitor;

  beforeAll(async () => {
    product = await startProduct();
    api = await ApiClient.signIn(product);
    visitor = await Visitor.open();
    visitor.page.setDefaultTimeout(100_000);
    await visitor.signIn(product);
  });
  afterAll(async () => {
    await visitor.close();
    await product.dispose();
  });

  it('opens, rings the bell, is acknowledged, and is resolved', async () => {
    const { page } = visitor;
    await page.getByTestId('alert-bell').click();
    await page.getByText('Nothing needs you.').waitFor();
    await page.keyboard.press('Escape');

    const event = await api.createEvent({ name: 'Nightly', type: 'BASH', content: 'exit 1' });
    for (let count = 0; count < 3; count += 1) expect((await api.run(event.id)).state).toBe('failed');

    const bell = page.getByTestId('alert-bell');
    await bell.getByText('1', { exact: true }).waitFor();
    await bell.click();
    await page.getByTestId('bell-alert').filter({ hasText: '“Nightly” failed 3 times in a row' }).click();
    await page.waitForURL(/\/alerts\/[0-9a-f-]{36}/);
    await page.getByRole('heading', { level: 2, name: '“Nightly” failed 3 times in a row' }).waitFor();

    await page.getByTestId('acknowledge').click();
    await page.getByLabel('Note, if there is something to say').fill('The script exits with 1.');
    await page.getByRole('dialog').getByRole('button', { name: 'Acknowledge' }).click();
    await page.getByTestId('alert-change').filter({ hasText: 'The script exits with 1.' }).waitFor();
    await bell.getByText('1', { exact: true }).waitFor({ state: 'hidden' });
    expect(await page.getByTestId('acknowledge').count()).toBe(0);

    await page.getByTestId('resolve').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Resolve' }).click();
    await page.getByTestId('alert-change').nth(2).waitFor();
    expect(await page.getByTestId('resolve').count()).toBe(0);
    await page.goto(`${product.url}/alerts`);
    const row = page.getByTestId('alert-row').filter({ hasText: 'Nightly' });
    await row.getByText('Resolved').first().waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
