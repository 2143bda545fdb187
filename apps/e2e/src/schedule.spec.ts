import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** An event gets a schedule, whose next runs are seen before it is saved, and then runs by itself. */
describe('a schedule', () => {
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

  it('is shown in words and with its next runs, and says what is wrong with it', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('Nightly');
    await page.locator('.cm-content').fill('echo by itself');
    await page.getByLabel('It runs').selectOption({ label: 'At times of the clock' });
    await page.getByLabel('Time zone').fill('Europe/Berlin');
    const preview = page.getByTestId('schedule-preview');
    await preview.getByText('At 02:00 (Europe/Berlin).').waitFor();
    expect(await preview.getByRole('listitem').count()).toBe(10);

    await page.getByLabel('Cron expression').fill('0 0 30 2 *');
    await preview.getByText('This time never comes').waitFor();
    await page.getByRole('button', { name: 'Weekdays at 9' }).click();
    await preview.getByText('At 09:00, Monday through Friday (Europe/Berlin).').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/\/events\/[0-9a-f-]{36}/);
    await page.goto(`${product.url}/events`);
    await page
      .getByTestId('event-row')
      .filter({ hasText: 'Nightly' })
      .getByText(/^in \d/)
      .waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('starts the event by itself', async () => {
    const { page } = visitor;
    await page.getByRole('link', { name: 'Nightly' }).click();
    await page.getByLabel('It runs').selectOption({ label: 'At an interval' });
    await page.getByLabel('Every (seconds)').fill('3');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/saved/i).first().waitFor();
    await page.goto(`${product.url}/executions`);
    await page.getByTestId('execution-row').first().click();
    await page.getByText('Started by its schedule').waitFor();
    await visitor.untilState('succeeded');
    await page.getByText('by itself', { exact: true }).first().waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
