import 'reflect-metadata';

import { loadConfig } from '../../config/config';
import { RotationError, rotateKey } from './rotate-key';

/** The entry of `npm run rotate-key`: `node dist/apps/api/rotate-key.js`, on the product's environment. */
async function main(args: readonly string[]): Promise<void> {
  if (args.length > 0) throw new RotationError('Usage: npm run rotate-key, without arguments');
  const { values, keyId, file } = await rotateKey(loadConfig(process.env));
  console.log(`✓ ${values} ${values === 1 ? 'secret is' : 'secrets are'} sealed with the new key ${keyId}.`);
  console.log(
    file
      ? `  It is in ${file}; the one before is beside it, as encryption.key.before-…, and opens nothing any more.`
      : '  Now set ENCRYPTION_KEY to it: Cronium opens nothing with the one before.',
  );
  console.log('  A backup holds the key of its time: make a new one.');
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
