import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** An event is told to run once at a time; its second run is seen in the queue with its reason, and cancelled there. */
describe('the queue', () => {
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

  it('shows a run that waits for the one before, and cancels it', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('One at a time');
    await page.locator('.cm-content').fill('sleep 300');
    await page.getByLabel('While another run is under way').selectOption({ label: 'Let it wait its turn' });
    await page.getByText('up to 100 others wait for a turn').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/\/events\/[0-9a-f-]{36}/);
    const event = page.url();

    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    await visitor.untilState('running');
    await page.goto(event);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    await visitor.untilState('queued');
    await page.getByTestId('turn').getByText('Event is busy').waitFor();

    await page.getByRole('link', { name: 'See the queue' }).click();
    const row = page.getByTestId('queue-row').filter({ hasText: 'One at a time' });
    await row.getByText('when a run of its event ends').waitFor();
    await row.getByRole('button', { name: 'Cancel One at a time' }).click();
    await page.getByRole('button', { name: 'Cancel run', exact: true }).click();
    await page.getByText('Nothing waits here').waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
