import nx from '@nx/eslint-plugin';
import angular from 'angular-eslint';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Packages that only some projects may import: design section 3, repeated in docs/architecture.md. */
const server = ['@nestjs/*', 'typeorm', 'pg', 'pg-boss', 'express', 'socket.io'];
const browser = ['@angular/*', '@codemirror/*', '@xterm/*'];
const hosts = ['dockerode', 'node-ssh', 'ssh2'];

/** Inside the API a feature imports another feature's module or service. */
const insideAnotherFeature = {
  regex: String.raw`^\.\./(?!\.\.)[a-z]+/.+\.(entity|repository|controller|mapper)$`,
  message:
    'Import the other feature’s module or service, never its entity, repository, mapper or controller.',
};

export default defineConfig(
  globalIgnores(['**/dist', '**/tmp', '**/.angular', '**/.nx', 'node_modules', '.cronium*']),
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          banTransitiveDependencies: false,
          allow: ['../../../../package.json'],
          depConstraints: [
            {
              sourceTag: 'scope:server-types',
              onlyDependOnLibsWithTags: ['scope:server-types', 'scope:contracts'],
              allowedExternalImports: ['zod'],
            },
            {
              sourceTag: 'scope:contracts',
              onlyDependOnLibsWithTags: ['scope:contracts', 'scope:server-types'],
              allowedExternalImports: ['zod'],
            },
            {
              sourceTag: 'scope:execution',
              onlyDependOnLibsWithTags: ['scope:execution', 'scope:contracts', 'scope:server-types'],
              bannedExternalImports: [...server, ...browser],
            },
            {
              sourceTag: 'scope:api',
              onlyDependOnLibsWithTags: ['scope:execution', 'scope:contracts', 'scope:server-types'],
              bannedExternalImports: [...browser, ...hosts],
            },
            {
              sourceTag: 'scope:broker',
              onlyDependOnLibsWithTags: ['scope:execution', 'scope:server-types'],
              bannedExternalImports: [...server, ...browser, ...hosts],
            },
            {
              sourceTag: 'scope:web',
              onlyDependOnLibsWithTags: ['scope:contracts', 'scope:server-types'],
              bannedExternalImports: [...server, ...hosts],
            },
            {
              sourceTag: 'scope:e2e',
              onlyDependOnLibsWithTags: ['scope:contracts', 'scope:server-types'],
              bannedExternalImports: [...server, ...browser, ...hosts],
            },
          ],
        },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportDeclaration[source.value='zod'] ImportSpecifier[imported.name='z']",
          message: 'Use `import * as z`: `{ z }` adds 370 kB to the SPA.',
        },
      ],
      // Option objects of libraries are often declared as classes, and meant to be literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Nest's modules and Angular's components are classes by nature.
      '@typescript-eslint/no-extraneous-class': 'off',
      // Numbers in messages are what messages are for.
      // A frame's type is a number from the wire until it is compared.
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      // Promises without a value are what `deferred<void>()` is for.
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
    },
  },
  {
    files: ['apps/api/src/**/*.ts'],
    ignores: ['apps/api/src/database/data-source.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: [insideAnotherFeature] }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only src/config reads the environment.' },
      ],
    },
  },
  {
    files: [
      'apps/api/src/main.ts',
      'apps/api/src/backup/command.ts',
      'apps/api/src/secrets/rotation/command.ts',
      'apps/api/src/database/migrate-command.ts',
      'apps/api/src/database/embedded-postgres.ts',
    ],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: ['tools/**/*.mjs'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'AbortController',
          'AbortSignal',
          'Buffer',
          'TextDecoderStream',
          'URL',
          'URLSearchParams',
          'clearInterval',
          'clearTimeout',
          'console',
          'fetch',
          'performance',
          'process',
          'setInterval',
          'setTimeout',
          'structuredClone',
        ].map((name) => [name, 'readonly']),
      ),
    },
    rules: {
      'no-undef': 'error',
      'no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['apps/web/**/*.ts'],
    extends: [angular.configs.tsRecommended],
    processor: angular.processInlineTemplates,
  },
  {
    files: ['apps/web/**/*.html'],
    extends: [angular.configs.templateRecommended, angular.configs.templateAccessibility],
    rules: {
      // The sign-in page is one field that everybody came to fill in.
      '@angular-eslint/template/no-autofocus': 'off',
      // A combobox keeps the focus in its field and takes the keys there; its options are only clicked.
      '@angular-eslint/template/click-events-have-key-events': 'off',
      '@angular-eslint/template/interactive-supports-focus': 'off',
    },
  },
  {
    files: ['**/*.spec.ts', '**/test/**/*.ts', 'libs/execution/src/contract/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      // Jest's matchers are typed any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
);
