import { ApiClient } from './api-client';
import { startProduct, type Product } from './product';
import { Visitor } from './visitor';

/** An administrator takes Local Execution away, sees what that means, and gives it back. */
describe('the switch of Local Execution', () => {
  let product: Product;
  let visitor: Visitor;

  beforeAll(async () => {
    product = await startProduct();
    const api = await ApiClient.signIn(product);
    await api.createEvent({ name: 'Nightly backup', type: 'BASH', content: 'true' });
    visitor = await Visitor.open();
    await visitor.signIn(product);
  });
  afterAll(async () => {
    await visitor.close();
    await product.dispose();
  });

  it('asks before it is turned off, and names the events that cannot run now', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/settings`);
    await page.getByRole('radio', { name: /Nobody/ }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Turn off' }).click();
    await page.getByTestId('blocked-events').filter({ hasText: '1 event cannot run now' }).waitFor();
    await page.getByTestId('blocked-events').getByRole('link', { name: 'Nightly backup' }).waitFor();
    await page.getByText('local_execution_access').waitFor();

    await page.goto(`${product.url}/events`);
    await page.getByRole('button', { name: 'Run Nightly backup' }).click();
    await page.getByText('“Local Execution” is turned off').waitFor();
    expect(visitor.errors).toEqual([]);
  });

  it('is given back, and the event runs', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/settings`);
    await page.getByRole('radio', { name: /All users/ }).check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The settings are saved.').waitFor();
    await page.goto(`${product.url}/events`);
    await page.getByRole('button', { name: 'Run Nightly backup' }).click();
    await visitor.untilState('succeeded');
    expect(visitor.errors).toEqual([]);
  });

  it('adds a user and a server from their pages', async () => {
    const { page } = visitor;
    await page.goto(`${product.url}/users`);
    await page.getByTestId('user-row').first().waitFor();
    await page.getByRole('button', { name: 'New user' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Ada');
    await dialog.getByLabel('E-mail').fill('ada@example.com');
    await dialog.getByLabel('Password').fill('a long password');
    await dialog.getByRole('button', { name: 'Create user' }).click();
    await page.getByTestId('user-row').filter({ hasText: 'ada@example.com' }).waitFor();

    await page.goto(`${product.url}/servers/new`);
    await page.getByLabel('Name', { exact: true }).fill('web-01');
    await page.getByLabel('Host', { exact: true }).fill('127.0.0.1');
    await page.getByLabel('Port', { exact: true }).fill('1');
    await page.getByLabel('User on the host').fill('deploy');
    await page.getByRole('button', { name: 'Make a key' }).click();
    await page.getByTestId('public-key').filter({ hasText: 'ssh-ed25519' }).waitFor();
    await page.getByRole('button', { name: 'Test connection' }).click();
    await page.getByTestId('connection-test').getByText('Connect', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Save server' }).click();
    await page.waitForURL(/\/servers\/[0-9a-f-]{36}/);
    await page.getByText('not approved yet').waitFor();
    expect(visitor.errors).toEqual([]);
  });
});
