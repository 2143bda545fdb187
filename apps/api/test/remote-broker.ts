import { Broker, BrokerStore, listenRemotely } from '@cronium/execution/broker';
import { defaultResourceLimits } from '@cronium/server-types';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** A sandbox broker as on another machine: on this one's engine, reached over TLS on loopback. */
export interface TestRemoteBroker {
  /** `tls://127.0.0.1:<port>` */
  readonly address: string;
  readonly store: BrokerStore;
  joinToken(): Promise<string>;
  close(): Promise<void>;
}

export async function startRemoteBroker(): Promise<TestRemoteBroker> {
  const silent = () => undefined;
  const logger = { debug: silent, info: silent, warn: silent, error: silent };
  const folder = mkdtempSync('/tmp/cronium-broker-');
  const store = new BrokerStore(folder);
  const broker = new Broker({
    dockerHost: undefined,
    seccompProfilePath: join(__dirname, '../../../docker/executor/seccomp-profile.json'),
    policy: {
      images: ['cronium-executor:latest'],
      containers: [],
      runtimes: ['runc'],
      limits: { ...defaultResourceLimits, cpu: 2 },
      ...{ poolSize: 8, jobs: 16, requestsPerSecond: 1000 },
    },
    logger,
  });
  const server = await listenRemotely(broker, {
    ...{ store, logger, host: '127.0.0.1', port: 0, requestsPerSecond: 1000, connections: 64 },
  });
  return {
    address: `tls://127.0.0.1:${(server.address() as AddressInfo).port}`,
    store,
    joinToken: () => store.giveToken(new Date(Date.now() + 60_000)),
    close: async () => {
      server.close();
      await broker.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
