import { Broker, askHealth, listenLocally } from '@cronium/execution/broker';
import pino from 'pino';

import { loadConfig } from './config';

/*
 * The sandbox broker: holds the engine's socket, so that the API does not. `main.js health` asks a running one and exits with 0 when it and
 * its engine are well. `--with-parent` ends it when its standard input does, with whoever started it.
 */

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  if (process.argv.includes('health')) {
    console.log(await askHealth(`unix://${config.socketPath}`));
    return;
  }
  const logger = pino({ level: config.logLevel, base: { context: 'Broker' } });
  const { socketPath, policy, dockerHost, seccompProfilePath } = config;
  const broker = new Broker({ dockerHost, seccompProfilePath, policy, logger });
  const server = await listenLocally(broker, socketPath, policy.requestsPerSecond);
  logger.info({ socketPath, ...policy }, 'The sandbox broker is ready.');

  let ending: Promise<void> | undefined;
  const end = () => {
    server.close();
    ending ??= broker.close().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'The sandbox broker did not stop cleanly.');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (process.argv.includes('--with-parent')) process.stdin.on('close', end).resume();
}

main().catch((error: unknown) => {
  console.error('The sandbox broker could not start.', error instanceof Error ? error.message : error);
  process.exit(1);
});
