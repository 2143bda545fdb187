import { fromRoot } from './paths.mjs';

/** The built API. */
export const apiMain = 'dist/apps/api/main.js';

/**
 * Arguments that Node starts the API with. V8's young generation, 3 of these halves, otherwise grows to 48 MiB on
 * what lives for milliseconds: with 8 MiB a half a log of a million lines takes 70 MiB less and no longer
 * (docs/benchmarks.md).
 *
 * @param {string} [main] the program, relative to the repository's root
 */
export const apiArguments = (main = apiMain) => ['--max-semi-space-size=8', fromRoot(main)];
