const { join } = require('node:path');

const product = require('./webpack.config.cjs');

/** The product on a fake executor, for `npm run bench:…`: an entry of its own, since the product has no switch for it. */
module.exports = {
  ...product,
  entry: join(__dirname, 'bench/main.ts'),
  output: { ...product.output, path: join(__dirname, '../../dist/bench-api') },
};
