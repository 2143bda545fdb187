import { run } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';

/** The product with a fake in the place where scripts run (apps/api/bench/main.ts), relative to the repository's root. */
export const fakeProduct = 'dist/bench-api/main.js';

/**
 * Built each time: it takes a few seconds.
 * @param {{ log: (line: string) => void, node24: string, env: Record<string, string | undefined> }} options
 */
export async function ensureFakeProduct({ log, node24, env }) {
  const webpack = fromRoot('node_modules/.bin/webpack');
  await run(node24, [webpack, '--config', 'apps/api/webpack.bench.config.cjs'], { env, onLine: log });
}
