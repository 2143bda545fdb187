const { join } = require('node:path');

const { compilerOptions } = require('../../tsconfig.base.json');

const root = join(__dirname, '../..');
const libraries = Object.fromEntries(
  Object.entries(compilerOptions.paths).map(([alias, [target]]) => [`${alias}$`, join(root, target)]),
);

/** The API, and the commands on its database, as a CommonJS file each; packages stay in node_modules. swc, since decorators need their type metadata. */
module.exports = {
  mode: 'production',
  target: 'node24',
  entry: {
    main: join(__dirname, 'src/main.ts'),
    backup: join(__dirname, 'src/backup/command.ts'),
    migrate: join(__dirname, 'src/database/migrate-command.ts'),
    'rotate-key': join(__dirname, 'src/secrets/rotation/command.ts'),
  },
  output: { path: join(root, 'dist/apps/api'), filename: '[name].js', clean: true },
  devtool: 'source-map',
  node: false,
  // Class names appear in Nest's logs and TypeORM's errors.
  optimization: { minimize: false },
  resolve: { extensions: ['.ts', '.js'], alias: libraries },
  externals: [
    ({ request }, done) =>
      /^(\.|\/)/.test(request) || request.startsWith('@cronium/')
        ? done()
        : done(null, `commonjs ${request}`),
  ],
  module: {
    // createRequire finds the platform's Postgres when the program runs, not when it is bundled.
    parser: { javascript: { createRequire: false } },
    rules: [
      {
        test: /\.ts$/,
        loader: 'swc-loader',
        options: {
          jsc: {
            target: 'es2023',
            parser: { syntax: 'typescript', decorators: true },
            transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
          },
        },
      },
    ],
  },
  performance: false,
  stats: 'errors-warnings',
};
