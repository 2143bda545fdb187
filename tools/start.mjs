// `npm start`: from a fresh clone to the running product. Ctrl-C ends everything that was started here.
import { Broker } from './broker.mjs';
import { ensureApps } from './build-apps.mjs';
import { ensureExecutorImage } from './image/build.mjs';
import { endRunningCommands } from './lib/command.mjs';
import { dataDir } from './lib/paths.mjs';
import { secondsSince, step } from './lib/progress.mjs';
import { onStopRequest } from './lib/stop-request.mjs';
import { ensureDocker, stopDocker } from './machine/docker.mjs';
import { ensureDependencies, findNode24, nodeEnvironment, requireNode20 } from './machine/node.mjs';
import { Server, address, requireFreePort } from './server.mjs';

const begin = performance.now();
/** @type {number | undefined} */
let startedDocker;
/** @type {Broker | undefined} */
let broker;
/** @type {Server | undefined} */
let server;
let isStopping = false;

onStopRequest((times) => {
  isStopping = true;
  console.log(times === 1 ? '\nStopping …' : 'Ending by force.');
  if (times > 1) {
    server?.kill();
    broker?.kill();
  } else if (server) void server.stop();
  else endRunningCommands();
});

try {
  const { node24, env } = await prepare();
  process.exitCode = isStopping ? 130 : await serve(node24, env);
} catch (error) {
  // What Ctrl-C cut short is not worth a message.
  if (!isStopping) console.error(`\n${error.message}`);
  process.exitCode = isStopping ? 130 : 1;
} finally {
  await broker?.stop();
  if (startedDocker !== undefined) await step('stopping dockerd', () => stopDocker(startedDocker));
}

async function prepare() {
  requireNode20();
  await requireFreePort();
  await step('npm dependencies', (log) => ensureDependencies({ log }));
  const node24 = findNode24();
  const env = nodeEnvironment(node24);
  const results = await Promise.allSettled([
    prepareDocker(),
    step('apps', (log) => ensureApps({ log, node24, env })),
  ]);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
  return { node24, env };
}

/** Without Docker, or without the image, the product starts all the same and shows Local Execution as unavailable. */
async function prepareDocker() {
  try {
    startedDocker = await step('Docker engine', (log) =>
      ensureDocker({ log, logFile: dataDir('dockerd.log') }),
    );
    await step('executor image', (log) => ensureExecutorImage({ log }));
  } catch (error) {
    if (!isStopping) console.log(`! Local Execution will be unavailable. ${error.message}`);
  }
}

/** @returns {Promise<number>} the exit code of this tool */
async function serve(/** @type {string} */ node24, /** @type {Record<string, string | undefined>} */ env) {
  const { host, port } = address();
  if (!env.CRONIUM_BROKER) broker = new Broker(node24, env);
  server = new Server(node24, env, env.CRONIUM_BROKER || broker.address);
  if ((await server.ready()) && !isStopping) {
    console.log(
      `\nCronium is ready: http://${host}:${port}   (after ${secondsSince(begin)}; Ctrl-C stops it)\n`,
    );
  }
  const { code, signal } = await server.ended;
  if (!isStopping) console.error(`\nThe server ended by itself: ${signal ?? `exit code ${code}`}.`);
  return isStopping ? (code ?? 1) : code || 1;
}
