import type { TLSSocket } from 'node:tls';

import type { ExecutorLogger } from '../../create-server-executor';
import { type JoinRequest, joinRequestSchema } from '../broker-messages';
import { readLine, writeLine } from '../line-stream';
import type { RequestRate } from '../request-rate';
import type { BrokerStore } from './broker-store';

/** What somebody whose certificate is not known is told when they cannot join. */
class Refusal extends Error {}

export interface Stranger {
  readonly socket: TLSSocket;
  /** SHA-256 of the certificate that they show; the empty string for none. */
  readonly fingerprint: string;
}

/** Serves one connection of somebody whose certificate is not known: they can join, with a join token, and nothing else. */
export async function serveStranger(
  { socket, fingerprint }: Stranger,
  { store, rate, logger }: { store: BrokerStore; rate: RequestRate; logger: ExecutorLogger },
): Promise<void> {
  const joinedFrom = socket.remoteAddress ?? 'unknown';
  try {
    const line = await readLine(socket);
    if (!rate.take()) throw new Refusal('Too many try to join. Try again in a moment.');
    if (fingerprint === '') throw new Refusal('A client must show a certificate.');
    const { installationId, secret } = readRequest(line);
    if (!(await store.takeToken(secret))) {
      throw new Refusal('The join token was used, has expired, or is not of this broker. Make a new one.');
    }
    const client = { installationId, fingerprint, joinedFrom, joinedAt: new Date().toISOString() };
    await store.add(client);
    logger.info(client, 'A Cronium has joined.');
    writeLine(socket, {});
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { message } = error;
    logger.warn({ joinedFrom, fingerprint, message }, 'Refused a stranger.');
    writeLine(socket, { error: { code: 'not_joined', message } });
  }
  socket.end();
}

function readRequest(line: string): JoinRequest {
  try {
    return joinRequestSchema.parse(JSON.parse(line));
  } catch {
    throw new Refusal(
      'This Cronium has not joined this broker, or was forgotten. Join with a new join token.',
    );
  }
}
