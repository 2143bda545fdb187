/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'e2e',
  rootDir: __dirname,
  testTimeout: 60_000,
  // Each starts the whole product, and a browser.
  maxWorkers: 1,
};
