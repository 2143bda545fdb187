import { defaultResourceLimits } from '@cronium/server-types';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';

import { EngineFixture } from '../container/engine-fixture';
import { Broker } from './broker';
import type { BrokerPolicy } from './broker-policy';
import { listenLocally } from './listen-locally';

const IMAGE = 'cronium-executor:latest';

/** For tests: a broker on the real engine, behind a Unix socket of its own. */
export class BrokerFixture {
  // A socket's path is short.
  readonly path = join(mkdtempSync('/tmp/cronium-broker-'), 'socket');
  readonly address = `unix://${this.path}`;
  readonly requests: object[] = [];
  private running: { readonly broker: Broker; readonly server: Server } | undefined;

  constructor(private readonly engine: EngineFixture) {}

  async start(policy: Partial<BrokerPolicy> = {}): Promise<void> {
    const broker = new Broker({
      dockerHost: undefined,
      seccompProfilePath: this.engine.context.seccompProfilePath,
      policy: {
        images: [IMAGE],
        runtimes: ['runc'],
        containers: [this.engine.server.containerConfig.containerName],
        limits: { ...defaultResourceLimits, outputMb: 1024 },
        poolSize: 16,
        jobs: 64,
        requestsPerSecond: 1000,
        ...policy,
      },
      logger: {
        debug: () => undefined,
        info: (fields) => this.requests.push(fields),
        warn: (fields) => this.requests.push(fields),
        error: (fields) => this.requests.push(fields),
      },
    });
    this.running = {
      broker,
      server: await listenLocally(broker, this.path, policy.requestsPerSecond ?? 1000),
    };
  }

  /** As SIGTERM does it. */
  async stop(): Promise<void> {
    const { broker, server } = this.running ?? {};
    this.running = undefined;
    const closed = server?.listening && once(server.close(), 'close');
    await broker?.close();
    await closed;
  }
}
