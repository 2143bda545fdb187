import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root folder. Tools work from anywhere. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Absolute path of something given relative to the repository's root. */
export const fromRoot = (...parts) => path.join(root, ...parts);

/** Absolute path in the folder of the product's data: `CRONIUM_DATA_DIR`, by default `.cronium` in the repository. */
export const dataDir = (...parts) => path.resolve(root, process.env.CRONIUM_DATA_DIR || '.cronium', ...parts);
