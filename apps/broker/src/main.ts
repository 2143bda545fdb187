import { Broker, BrokerStore, askHealth, listenLocally, listenRemotely } from '@cronium/execution/broker';
import pino from 'pino';

import { runCommand } from './commands';
import { loadConfig } from './config';
import { showSignsOfLife } from './sign-of-life';

/*
 * The sandbox broker: holds the engine's socket, so that the API does not. `main.js health` asks a running one and exits with 0 when it and
 * its engine are well; commands.ts has those for Croniums on other machines. `--with-parent` ends it when its standard input does, with
 * whoever started it.
 */

const withParent = '--with-parent';

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const { socketPath, remote, dataDir, policy, dockerHost, seccompProfilePath } = config;
  const command = process.argv.slice(2).filter((word) => word !== withParent);
  const store = new BrokerStore(dataDir);
  if (command[0] === 'health') {
    console.log(await askHealth(`unix://${socketPath}`));
    return;
  }
  if (command.length > 0) {
    for (const line of await runCommand(store, command)) console.log(line);
    return;
  }
  const logger = pino({ level: config.logLevel, base: { context: 'Broker' } });
  const broker = new Broker({ dockerHost, seccompProfilePath, policy, logger });
  const { requestsPerSecond, jobs } = policy;
  const servers = [await listenLocally(broker, socketPath, requestsPerSecond)];
  if (remote) {
    // A connection a job, one that takes it up again, and what is asked meanwhile.
    const connections = 2 * jobs + 256;
    servers.push(await listenRemotely(broker, { ...remote, store, requestsPerSecond, connections, logger }));
  }
  const stopSigns = showSignsOfLife(`${socketPath}.alive`, () => broker.isWell());
  logger.info({ socketPath, remote, ...policy }, 'The sandbox broker is ready.');

  let ending: Promise<void> | undefined;
  const end = () => {
    stopSigns();
    for (const server of servers) server.close();
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
  if (process.argv.includes(withParent)) process.stdin.on('close', end).resume();
}

main().catch((error: unknown) => {
  console.error('The sandbox broker could not go on.', error instanceof Error ? error.message : error);
  process.exit(1);
});
