import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** A change that was none for the better: its run is compared with the one before, repeated as it was, and the event restored. */
describe('the history of an event', () => {
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

  const run = async () => {
    const { page } = visitor;
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Run', exact: true }).click();
    await page.waitForURL(/\/executions\//);
  };

  it('leads from a run to what was changed, and back', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('Report');
    await page.locator('.cm-content').fill('echo first\necho words');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/\/events\/[0-9a-f-]{36}/);
    const event = page.url();
    await run();
    await visitor.untilState('succeeded');
    const first = page.url();

    await page.goto(event);
    await page.locator('.cm-content').first().fill('echo second\necho words\nexit 3');
    await page.getByLabel('Note for the history').fill('A new beginning');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved', { exact: true }).first().waitFor();
    await run();
    await visitor.untilState('failed');

    await page.getByRole('link', { name: 'Version 2' }).click();
    await page.getByTestId('version').filter({ hasText: 'A new beginning' }).waitFor();
    const diff = page.getByTestId('script-diff');
    await diff.getByText('echo first').waitFor();
    await diff.getByText('echo second').waitFor();

    // The first run once more: its version, although the event has another by now.
    await page.goto(first);
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.waitForURL((url) => url.href !== first);
    await page.getByRole('link', { name: 'Version 1' }).waitFor();
    await visitor.untilState('succeeded');

    await page.getByRole('link', { name: 'Version 1' }).click();
    await page.getByRole('button', { name: 'Restore version 1' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Restore version 1' }).click();
    await page.getByTestId('version').filter({ hasText: 'Version 1 restored.' }).waitFor();
    await page.goto(event);
    await page.locator('.cm-content').getByText('echo first').waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('shows what is planned, and leads to the event', async () => {
    const { page } = visitor;
    await page.getByLabel('It runs').selectOption({ label: 'At times of the clock' });
    await page.getByLabel('Cron expression').fill('0 12 * * *');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Saved', { exact: true }).first().waitFor();
    await page
      .getByRole('button', { name: /1 planned$/ })
      .first()
      .focus();
    await page.locator('cr-event-timeline').getByText('Planned', { exact: true }).waitFor();

    await page.getByRole('link', { name: 'Schedule' }).click();
    await page.getByTestId('schedule-heading').waitFor();
    await page.keyboard.press('ArrowRight');
    const run = page.getByTestId('planned-run').filter({ hasText: 'Report' });
    await run.nth(6).waitFor();
    expect(await run.count()).toBe(7);
    await page.keyboard.press('d');
    await page.getByRole('button', { name: 'Day', pressed: true }).waitFor();
    await run.click();
    await page.waitForURL(/\/events\//);
    expect(visitor.errors).toEqual([]);
  });
});
