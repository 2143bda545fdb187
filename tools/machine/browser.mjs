import { findCommand, installPackages } from './packages.mjs';

/**
 * Makes sure that Debian's Chromium is there for the browser tests.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} absolute path of the browser
 */
export async function ensureBrowser({ log }) {
  if (!findCommand('chromium')) await installPackages(['chromium'], { log });
  const browser = findCommand('chromium');
  if (!browser) throw new Error('The package chromium was installed and brought no command `chromium`.');
  return browser;
}
