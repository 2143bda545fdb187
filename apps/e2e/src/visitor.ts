import { setTimeout } from 'node:timers/promises';

import { chromium, type Browser, type BrowserContextOptions, type Locator, type Page } from 'playwright-core';

import type { Product } from './product';

/** A person with a browser. What the page reports as an error fails the test that asks for it. */
export class Visitor {
  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
    /** Uncaught errors of the page's own code. */
    readonly errors: readonly string[],
  ) {}

  static async open(options: BrowserContextOptions = {}): Promise<Visitor> {
    const browser = await chromium.launch({
      executablePath: process.env['CRONIUM_BROWSER'] ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    });
    const page = await browser.newPage(options);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    return new Visitor(browser, page, errors);
  }

  async signIn({ url, email, password }: Pick<Product, 'url' | 'email' | 'password'>): Promise<void> {
    await this.page.goto(url);
    await this.page.getByLabel('Email').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByTestId('person-menu').waitFor();
  }

  /** Resolves when the execution on the page is in this state. */
  async untilState(state: string): Promise<void> {
    await this.page.locator(`[data-testid="execution-state"][data-state="${state}"]`).waitFor();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** Resolves when a field of the page has this value. */
export async function untilValue(field: Locator, value: string): Promise<void> {
  const end = Date.now() + 30_000;
  while ((await field.inputValue()) !== value) {
    if (Date.now() > end) throw new Error(`The field does not have “${value}”.`);
    await setTimeout(50);
  }
}
