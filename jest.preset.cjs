const { readFileSync } = require('node:fs');
const { join } = require('node:path');

const { compilerOptions } = JSON.parse(readFileSync(join(__dirname, 'tsconfig.base.json'), 'utf8'));

/** The libraries' aliases come from tsconfig.base.json, so that Jest and the compiler cannot disagree. */
const moduleNameMapper = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([alias, [target]]) => [`^${alias}$`, join(__dirname, target)]),
);

/** Packages published as ES modules only; Jest must transform them for its CommonJS registry. */
const esModules = [
  'uuid',
  'pg-boss',
  'serialize-error',
  'non-error',
  'es-toolkit',
  'rrule-temporal',
  'temporal-polyfill',
  'temporal-utils',
  '@nestjs',
  'ical.js',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@borewit',
  '@tokenizer',
  // CommonJS, but it loads `http` by `import()`, which Jest's registry knows only from what it has transformed.
  '@opentelemetry/otlp-exporter-base',
];

/** What every Node project's Jest configuration starts from (the web app has its own preset). */
module.exports = {
  testEnvironment: 'node',
  // Jest would leave a core to itself, and most tests wait: for an engine, a database, a host, or a time to pass.
  maxWorkers: 2,
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json'],
  moduleNameMapper,
  transform: {
    '^.+\\.(ts|js|mjs|cjs)$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(${esModules.join('|')})/)`],
};
