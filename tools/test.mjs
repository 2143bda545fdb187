// `npm test`: everything that CI runs. Goes on after a failed step; the last line is `N passed, N failed`.
import { ensureExecutorImage } from './image/build.mjs';
import { ensurePostgresImage } from './image/postgres.mjs';
import { endRunningCommands } from './lib/command.mjs';
import { fromRoot } from './lib/paths.mjs';
import { secondsSince, step } from './lib/progress.mjs';
import { onStopRequest } from './lib/stop-request.mjs';
import { ensureBrowser } from './machine/browser.mjs';
import { buildEnvironment, ensureCompose } from './machine/compose.mjs';
import { ensureCaddy } from './machine/caddy.mjs';
import { ensureDocker, stopDocker } from './machine/docker.mjs';
import { ensureDependencies, findNode24, nodeEnvironment, requireNode20 } from './machine/node.mjs';
import { ensurePrometheus } from './machine/prometheus.mjs';
import { ensureRunsc } from './machine/runsc.mjs';
import { ensureSshd } from './machine/sshd.mjs';
import { ensureUserModeLinux } from './machine/user-mode-linux.mjs';
import { runChecks } from './test/checks.mjs';

const begin = performance.now();
/** @type {number | undefined} */
let startedDocker;

onStopRequest(() => endRunningCommands());

/** @type {{ passed: number, failed: number }} */
let result;
try {
  result = await runChecks(await prepare());
} catch (error) {
  console.log(`\nThe tests could not be run: ${error.message}`);
  result = { passed: 0, failed: 1 };
} finally {
  if (startedDocker !== undefined) await step('stopping dockerd', () => stopDocker(startedDocker));
}

process.exitCode = result.failed > 0 || result.passed === 0 ? 1 : 0;
console.log(`\nFinished after ${secondsSince(begin)}.`);
console.log(`${result.passed} passed, ${result.failed} failed`);

/** As `npm start` does it, and a browser; but here nothing may be missing: a test is never skipped. */
async function prepare() {
  requireNode20();
  await step('npm dependencies', (log) => ensureDependencies({ log }));
  startedDocker = await step('Docker engine', (log) =>
    ensureDocker({ log, logFile: fromRoot('tmp/dockerd.log') }),
  );
  await step('executor image', (log) => ensureExecutorImage({ log }));
  const browser = await step('browser', (log) => ensureBrowser({ log }));
  await step('sshd', (log) => ensureSshd({ log }));
  const prometheus = await step('Prometheus', (log) => ensurePrometheus({ log }));
  await step('gVisor', (log) => ensureRunsc({ log }));
  const userModeLinux = await step('user-mode Linux', (log) => ensureUserModeLinux({ log }));
  const compose = await step('Compose', (log) => ensureCompose({ log }));
  const caddy = await step('Caddy', (log) => ensureCaddy({ log }));
  const postgresImage = await step('Postgres image', (log) => ensurePostgresImage({ log }));
  const node24 = findNode24();
  const env = {
    ...nodeEnvironment(node24),
    ...(await buildEnvironment()),
    CRONIUM_BROWSER: browser,
    CRONIUM_CADDY: caddy,
    CRONIUM_PROMETHEUS: prometheus,
    CRONIUM_USER_MODE_LINUX: userModeLinux,
    CRONIUM_DOCKER_CONFIG: compose,
    CRONIUM_POSTGRES_IMAGE: postgresImage,
  };
  return { node24, env };
}
