import { chmod, mkdir, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { type Server, connect, createServer } from 'node:net';
import { dirname } from 'node:path';

import type { Broker } from './broker';
import { RequestRate } from './request-rate';

/**
 * Serves a broker on a Unix socket, which its owner and its group may open and nobody else. Whoever may open it is trusted with every
 * installation: it is the way of the API on the same machine.
 *
 * @throws when another process serves there; what a killed one has left is removed
 */
export async function listenLocally(
  broker: Broker,
  path: string,
  requestsPerSecond: number,
): Promise<Server> {
  const rate = new RequestRate(requestsPerSecond);
  const server = createServer({ allowHalfOpen: true }, (socket) =>
    broker.accept(socket, { name: 'local', installationId: undefined, rate, leave: undefined }),
  );
  await mkdir(dirname(path), { recursive: true, mode: 0o750 });
  if (await isServed(path)) throw new Error(`Another broker listens at ${path}.`);
  await rm(path, { force: true });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o660);
  return server;
}

async function isServed(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
