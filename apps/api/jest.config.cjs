/** @type {import('jest').Config} */
module.exports = {
  ...require('../../jest.preset.cjs'),
  displayName: 'api',
  rootDir: __dirname,
  testMatch: ['<rootDir>/{src,test}/**/*.spec.ts'],
  // Whole applications on two noisy cores: a limit for what hangs, not for what is slow.
  testTimeout: 30_000,
  globalSetup: '<rootDir>/test/postgres-up.ts',
  globalTeardown: '<rootDir>/test/postgres-down.ts',
};
