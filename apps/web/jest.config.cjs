const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createCjsPreset } = require('jest-preset-angular/presets');

const root = join(__dirname, '../..');
const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8'));

/** The libraries' aliases come from tsconfig.base.json, so that Jest and the compiler cannot disagree. */
const aliases = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([alias, [target]]) => [`^${alias}$`, join(root, target)]),
);

const preset = createCjsPreset({
  tsconfig: '<rootDir>/tsconfig.spec.json',
  stringifyContentPathRegex: '\\.(html|svg)$',
});

module.exports = {
  ...preset,
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  setupFilesAfterEnv: ['<rootDir>/src/test-setup.ts'],
  moduleNameMapper: { ...aliases },
  transformIgnorePatterns: ['/node_modules/(?!(.*\\.mjs$|@angular|@mdi))'],
};
