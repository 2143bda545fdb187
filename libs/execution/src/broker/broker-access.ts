import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { ExecutionError } from '../execution-error';
import { type TlsIdentity, fingerprintOf } from './remote/tls-identity';

/** A TCP connection and a handshake, over a slow line. */
const DIAL_MS = 10_000;
/** A peer that is gone without a word is noticed 10 s after this: the kernel asks ten times, a second apart. */
export const KEEP_ALIVE_MS = 10_000;

/** The way to a broker on another machine: both sides show a certificate of their own making, and know that of the other. */
export interface RemoteBroker {
  /** `tls://host:port` */
  readonly address: string;
  /** SHA-256 of the certificate that the broker must show, in hex. */
  readonly fingerprint: string;
  readonly identity: TlsIdentity;
}

/** Where a broker listens: `unix:///path` on this machine, or another machine's. */
export type BrokerAccess = string | RemoteBroker;

export const addressOf = (access: BrokerAccess): string =>
  typeof access === 'string' ? access : access.address;

/** A connection to a broker that is the one meant. Rejects with an `ExecutionError`. */
export async function dial(access: BrokerAccess): Promise<Socket> {
  if (typeof access === 'string')
    return connected(connect(access.slice('unix://'.length)), 'connect', access);
  const { hostname, port } = new URL(access.address);
  const socket = connectTls({
    // An IPv6 address stands in brackets.
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port),
    cert: access.identity.certificate,
    key: access.identity.privateKey,
    minVersion: 'TLSv1.3',
    // Nobody but the broker itself vouches for its certificate: it is the very one, or it is refused.
    rejectUnauthorized: false,
  });
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${DIAL_MS / 1000} s`)), DIAL_MS);
  try {
    await connected(socket, 'secureConnect', access.address);
  } finally {
    clearTimeout(timer);
  }
  const shown = fingerprintOf(socket.getPeerX509Certificate()?.raw ?? '');
  if (shown !== access.fingerprint) {
    socket.destroy();
    throw new ExecutionError(
      'broker_untrusted',
      `The sandbox broker at ${access.address} shows the certificate ${shown}, not ${access.fingerprint} as when it was joined. ` +
        'Was it set up anew? Then join it again, with a new join token. If not, another machine answers there.',
    );
  }
  return socket.setKeepAlive(true, KEEP_ALIVE_MS).setNoDelay(true);
}

export function away(address: string, cause: unknown): ExecutionError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExecutionError(
    'engine_unavailable',
    `The sandbox broker at ${address} does not answer (${reason}). Does it run?`,
    { cause },
  );
}

async function connected<S extends Socket>(socket: S, event: string, address: string): Promise<S> {
  try {
    await once(socket, event);
    return socket;
  } catch (cause) {
    socket.destroy();
    throw away(address, cause);
  }
}
