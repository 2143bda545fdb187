import { ExecutionError } from '../../execution-error';
import type { RemoteBroker } from '../broker-access';
import { BROKER_VERSION, type JoinRequest } from '../broker-messages';
import { exchange } from '../exchange';
import { readJoinToken } from './join-token';
import { makeIdentity } from './tls-identity';

/** What the way to a broker was made from was wrong: the field, with cause and remedy. */
export class JoinError extends Error {
  override readonly name = 'JoinError';

  constructor(
    readonly field: 'address' | 'joinToken',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Joins a broker on another machine: makes a certificate, and has the broker know it by a join token, which is used then. Nothing is told to
 * whoever answers there unless it shows the certificate that the token names.
 *
 * @param address `tls://host:port`
 * @throws JoinError
 */
export async function joinBroker(
  address: string,
  joinToken: string,
  installationId: string,
): Promise<RemoteBroker> {
  const token = readJoinToken(joinToken.trim());
  if (!token) {
    throw new JoinError(
      'joinToken',
      'This is no join token. The command join-token prints one on the broker’s machine; it begins with “cronium-join-1.”',
    );
  }
  const { fingerprint, secret } = token;
  const access = { address, fingerprint, identity: await makeIdentity(`Cronium ${installationId}`) };
  const request: JoinRequest = { version: BROKER_VERSION, request: 'join', installationId, secret };
  try {
    const { socket } = await exchange(access, 'join', request);
    socket.destroy();
    return access;
  } catch (cause) {
    if (!(cause instanceof ExecutionError)) throw cause;
    const field = cause.code === 'engine_unavailable' ? 'address' : 'joinToken';
    throw new JoinError(field, cause.message, { cause });
  }
}

/** Has the broker forget this certificate: it will not be used any more. */
export async function leaveBroker(access: RemoteBroker): Promise<void> {
  const { socket } = await exchange(access, 'leave', { version: BROKER_VERSION, request: 'leave' });
  socket.destroy();
}
