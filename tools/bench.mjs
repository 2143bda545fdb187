// `npm run bench:<name>`: measures the built product against baselines of the same run. Prints figures, judges nothing.
import { ensureApps } from './build-apps.mjs';
import { Product } from './bench/product.mjs';
import { ensureExecutorImage } from './image/build.mjs';
import { fromRoot } from './lib/paths.mjs';
import { step } from './lib/progress.mjs';
import { ensureDocker, stopDocker } from './machine/docker.mjs';
import { ensureDependencies, findNode24, nodeEnvironment } from './machine/node.mjs';

const names = ['overhead', 'throughput', 'log'];
const name = process.argv[2];
if (!names.includes(name)) {
  console.error(`Usage: npm run bench:<name>, with one of ${names.join(', ')}`);
  process.exit(2);
}

await step('npm dependencies', (log) => ensureDependencies({ log }));
const node24 = findNode24();
const env = nodeEnvironment(node24);
const startedDocker = await step('Docker engine', (log) =>
  ensureDocker({ log, logFile: fromRoot('tmp/dockerd.log') }),
);
await step('executor image', (log) => ensureExecutorImage({ log }));
await step('apps', (log) => ensureApps({ log, node24, env }));

const product = await step('product', () => Product.start(node24, env));
try {
  const { bench } = await import(`./bench/${name}.mjs`);
  await bench(product);
} finally {
  await product.stop();
  if (startedDocker !== undefined) await stopDocker(startedDocker);
}
