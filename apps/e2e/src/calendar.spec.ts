import { startProduct, type Product } from './product';
import { untilValue, Visitor } from './visitor';

const nextYear = new Date().getUTCFullYear() + 1;
const holidays = [
  ...['BEGIN:VCALENDAR', 'X-WR-CALNAME:Feasts', 'BEGIN:VEVENT', 'UID:1', 'SUMMARY:Founders’ day'],
  ...[`DTSTART;VALUE=DATE:${nextYear}0501`, 'END:VEVENT', 'END:VCALENDAR'],
].join('\r\n');

/** A calendar is imported and written by hand, and a schedule shows what it stops. */
describe('a calendar', () => {
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

  it('comes from a file and from rules', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/calendars`);
    await page.getByText('No calendar yet').waitFor();
    await page.getByRole('link', { name: 'New calendar' }).first().click();
    await page.getByTestId('ics-file').setInputFiles({
      name: 'feasts.ics',
      mimeType: 'text/calendar',
      buffer: Buffer.from(holidays),
    });
    await page.getByText(`Founders’ day (1 May ${nextYear})`).waitFor();
    await page.getByRole('button', { name: 'Use them' }).click();
    await untilValue(page.getByLabel('Name', { exact: true }), 'Feasts');
    await page.getByRole('button', { name: 'Every week' }).click();
    for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday']) {
      await page.getByRole('button', { name: day }).click();
    }
    await page.getByLabel('What it is', { exact: true }).fill('Rest');
    await page.getByLabel('Time zone').fill('UTC');
    await page.keyboard.press('Control+s');
    await page.waitForURL(/\/calendars\/[0-9a-f-]{36}/);
    await page.getByText('1 time from').waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('stops what a schedule plans, and says so before it is saved', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/events/new`);
    await page.getByLabel('Name', { exact: true }).fill('Every hour');
    await page.locator('.cm-content').fill('echo by itself');
    await page.getByLabel('It runs').selectOption({ label: 'At times of the clock' });
    await page.getByLabel('Time zone').fill('UTC');
    await page.getByRole('checkbox', { name: /Feasts/ }).check();
    const preview = page.getByTestId('schedule-preview');
    await preview.getByText('“Feasts” stops it: Rest (every day 00:00–24:00)').waitFor();
    await preview.getByText('Calendars stop every planned time that was looked at').waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
