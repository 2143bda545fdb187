import { defaultResourceLimits } from '@cronium/server-types';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { EngineFixture } from '../container/engine-fixture';
import type { ExecutorLogger } from '../create-server-executor';
import { Broker } from './broker';
import type { RemoteBroker } from './broker-access';
import type { BrokerPolicy } from './broker-policy';
import { listenLocally } from './listen-locally';
import { BrokerStore } from './remote/broker-store';
import { joinBroker } from './remote/join-broker';
import { listenRemotely } from './remote/listen-remotely';

const IMAGE = 'cronium-executor:latest';
const CONNECTIONS = 256;
/** For handshakes, on a machine that is busy. */
const PATIENCE_MS = 3_000;

/** For tests: a broker on a real engine, behind a socket of its own. */
abstract class ServingFixture {
  readonly requests: object[] = [];
  protected readonly logger: ExecutorLogger = {
    debug: () => undefined,
    info: (fields) => this.requests.push(fields),
    warn: (fields) => this.requests.push(fields),
    error: (fields) => this.requests.push(fields),
  };
  private running: { readonly broker: Broker; readonly server: Server } | undefined;

  constructor(protected readonly engine: EngineFixture) {}

  protected abstract listen(broker: Broker, requestsPerSecond: number): Promise<Server>;

  async start(policy: Partial<BrokerPolicy> = {}): Promise<void> {
    const { dockerHost, seccompProfilePath } = this.engine.context;
    const broker = new Broker({
      ...{ dockerHost, seccompProfilePath, logger: this.logger },
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
    });
    this.running = { broker, server: await this.listen(broker, policy.requestsPerSecond ?? 1000) };
  }

  /** Connections that it has now. */
  async connections(): Promise<number> {
    const server = this.running?.server;
    return server ? promisify(server.getConnections.bind(server))() : 0;
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

/** Behind a Unix socket. */
export class BrokerFixture extends ServingFixture {
  // A socket's path is short.
  readonly path = join(mkdtempSync('/tmp/cronium-broker-'), 'socket');
  readonly address = `unix://${this.path}`;

  protected listen(broker: Broker, requestsPerSecond: number): Promise<Server> {
    return listenLocally(broker, this.path, requestsPerSecond);
  }
}

/** On loopback, as for other machines. */
export class RemoteBrokerFixture extends ServingFixture {
  readonly store = new BrokerStore(mkdtempSync('/tmp/cronium-broker-'));
  /** Kept over a restart. */
  port = 0;

  get address(): string {
    return `tls://127.0.0.1:${this.port}`;
  }

  giveToken(seconds = 60): Promise<string> {
    return this.store.giveToken(new Date(Date.now() + seconds * 1000));
  }

  async join(installationId = this.engine.installationId): Promise<RemoteBroker> {
    return joinBroker(this.address, await this.giveToken(), installationId);
  }

  protected async listen(broker: Broker, requestsPerSecond: number): Promise<Server> {
    const server = await listenRemotely(broker, {
      ...{ store: this.store, logger: this.logger, requestsPerSecond },
      ...{ host: '127.0.0.1', port: this.port, connections: CONNECTIONS, patienceMs: PATIENCE_MS },
    });
    this.port = (server.address() as AddressInfo).port;
    return server;
  }
}
