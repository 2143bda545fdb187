import { once } from 'node:events';
import { type Server, type TLSSocket, createServer } from 'node:tls';

import type { ExecutorLogger } from '../../create-server-executor';
import type { Broker } from '../broker';
import { KEEP_ALIVE_MS } from '../broker-access';
import { RequestRate } from '../request-rate';
import type { BrokerStore } from './broker-store';
import { serveStranger } from './serve-stranger';
import { fingerprintOf } from './tls-identity';

const PATIENCE_MS = 10_000;
/** Of those who have not joined, all together. */
const JOINS_PER_SECOND = 5;

export interface RemoteListenOptions {
  readonly store: BrokerStore;
  readonly host: string;
  readonly port: number;
  /** Of each client. */
  readonly requestsPerSecond: number;
  /** At one time, all clients together. */
  readonly connections: number;
  /** How long a handshake may take, and a stranger's request; 10 s if left out. */
  readonly patienceMs?: number;
  readonly logger: ExecutorLogger;
}

/**
 * Serves a broker to other machines, over TLS. A client shows a certificate of its own; who has joined is known by it, and may speak for its own
 * installation only.
 */
export async function listenRemotely(broker: Broker, options: RemoteListenOptions): Promise<Server> {
  const { store, host, port, requestsPerSecond, logger, patienceMs = PATIENCE_MS } = options;
  const { certificate, privateKey } = await store.identity();
  const rates = new Map<string, RequestRate>();
  const rateOfStrangers = new RequestRate(JOINS_PER_SECOND);

  const serve = async (socket: TLSSocket): Promise<void> => {
    const fingerprint = fingerprintOf(socket.getPeerX509Certificate()?.raw ?? '');
    const client = fingerprint === '' ? undefined : await store.find(fingerprint);
    if (!client) {
      const timer = setTimeout(() => socket.destroy(), patienceMs);
      await serveStranger({ socket, fingerprint }, { store, rate: rateOfStrangers, logger }).finally(() => {
        clearTimeout(timer);
      });
      return;
    }
    const rate = rates.get(fingerprint) ?? new RequestRate(requestsPerSecond);
    rates.set(fingerprint, rate);
    const name = `client ${fingerprint.slice(0, 12)}`;
    const leave = async () => {
      rates.delete(fingerprint);
      await store.forget(fingerprint);
    };
    broker.accept(socket, { name, installationId: client.installationId, rate, leave });
  };

  const server = createServer(
    {
      cert: certificate,
      key: privateKey,
      minVersion: 'TLSv1.3',
      requestCert: true,
      // A client's certificate vouches for itself; which ones are known is asked of the store.
      rejectUnauthorized: false,
      handshakeTimeout: patienceMs,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (socket) => {
      socket.on('error', () => socket.destroy());
      serve(socket).catch((err: unknown) => {
        logger.warn({ err, from: socket.remoteAddress }, 'A connection could not be served.');
        socket.destroy();
      });
    },
  );
  // Node leaves a connection whose handshake takes too long to whoever hears of it.
  server.on('tlsClientError', (_, socket) => socket.destroy());
  server.maxConnections = options.connections;
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}
