// `npm run bench:<name>`: measures the built product against baselines of the same run. Prints figures, judges nothing.
import { Broker } from './broker.mjs';
import { ensureApps } from './build-apps.mjs';
import { EngineProxy } from './bench/engine-proxy.mjs';
import { ensureFakeProduct, fakeProduct } from './bench/fake-product.mjs';
import { Product } from './bench/product.mjs';
import { ensureExecutorImage } from './image/build.mjs';
import { fromRoot } from './lib/paths.mjs';
import { step } from './lib/progress.mjs';
import { ensureDocker, stopDocker } from './machine/docker.mjs';
import { ensureDependencies, findNode24, nodeEnvironment } from './machine/node.mjs';

const onEngine = ['overhead', 'throughput', 'log', 'ssh', 'monitor', 'idle'];
/** What measures the product beside running scripts. */
const onFake = ['schedule', 'queue', 'executions', 'dashboard', 'search'];
const name = process.argv[2];
if (![...onEngine, ...onFake].includes(name)) {
  console.error(`Usage: npm run bench:<name>, with one of ${[...onEngine, ...onFake].join(', ')}`);
  process.exit(2);
}

await step('npm dependencies', (log) => ensureDependencies({ log }));
const node24 = findNode24();
const env = nodeEnvironment(node24);
await (onFake.includes(name) ? benchOnFake() : benchOnEngine());

async function benchOnFake() {
  await step('product on a fake executor', (log) => ensureFakeProduct({ log, node24, env }));
  const product = await step('product', () => Product.start(node24, env, { main: fakeProduct }));
  /** Another process of the same installation. */
  const startAnother = (environment) =>
    Product.start(node24, env, { main: fakeProduct, leader: product, environment });
  await measure(product, startAnother);
}

async function benchOnEngine() {
  const startedDocker = await step('Docker engine', (log) =>
    ensureDocker({ log, logFile: fromRoot('tmp/dockerd.log') }),
  );
  try {
    await step('executor image', (log) => ensureExecutorImage({ log }));
    await step('apps', (log) => ensureApps({ log, node24, env }));
    const engine = await EngineProxy.start();
    try {
      // Only where its calls are counted: the way through the proxy takes a moment.
      const through = name === 'monitor' ? { ...env, DOCKER_HOST: engine.address } : env;
      await benchWithBroker(through, { engineCalls: () => engine.calls });
    } finally {
      await engine.stop();
    }
  } finally {
    if (startedDocker !== undefined) await stopDocker(startedDocker);
  }
}

/** As `npm start` runs it: a broker has the engine, and the product comes to it. */
async function benchWithBroker(brokerEnv, tools) {
  const broker = new Broker(node24, brokerEnv);
  try {
    const environment = { CRONIUM_BROKER: broker.address };
    const product = await step('product', () => Product.start(node24, env, { environment }));
    const startDirect = () => step('product without a broker', () => Product.start(node24, env));
    await measure(product, { ...tools, broker, startDirect });
  } finally {
    await broker.stop();
  }
}

async function measure(product, tools) {
  try {
    const { bench } = await import(`./bench/${name}.mjs`);
    await bench(product, tools);
  } finally {
    await product.stop();
  }
}
