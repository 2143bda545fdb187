const { join } = require('node:path');

const api = require('../api/webpack.config.cjs');

/** The broker as one CommonJS file, made as the API is; packages stay in node_modules. */
module.exports = {
  ...api,
  entry: { main: join(__dirname, 'src/main.ts') },
  output: { ...api.output, path: join(__dirname, '../../dist/apps/broker') },
};
