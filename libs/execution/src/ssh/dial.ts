import type { HostKey } from '@cronium/server-types';
import { type LookupAddress, promises as dns } from 'node:dns';
import { type Socket, connect as connectSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type AnyAuthMethod, Client, type KeyboardInteractiveAuthMethod, type ParsedKey } from 'ssh2';

import { deferred } from '../deferred';
import { ExecutionError } from '../execution-error';
import { hostKeyAlgorithms, hostKeyOf, isSameKey } from './host-key';
import { PrivateKeyError, parsePrivateKey } from './private-key';
import { SshConnection } from './ssh-connection';
import {
  addressOf,
  authenticationFailed,
  hostKeyChanged,
  hostKeyUnapproved,
  hostUnreachable,
  toError,
  unreachableReason,
} from './ssh-errors';
import type { SshCredentials, SshServer } from './ssh-server';

/** Until the socket is connected. */
const CONNECT_MS = 10_000;
/** From there until signed in: a host may ask a directory, or wait a moment after a refusal. */
const SIGN_IN_MS = 20_000;
/**
 * A host is asked for a sign of life this often, and given up when the fourth time comes without an answer to the ones before: after 14 s,
 * within the 15 s in which a vanished host is to be noticed.
 */
const KEEP_ALIVE_MS = 3_500;
const KEEP_ALIVE_MISSES = 3;

export type DialStep = 'resolve' | 'connect' | 'host_key' | 'authenticate';

export interface DialOptions {
  /** A stream to the target through another host, instead of a socket from here. */
  readonly tunnel?: (host: string, port: number) => Promise<Duplex>;
  /** Hears of each step that has passed, in order. */
  readonly onStep?: (step: DialStep, message: string) => void;
  /** Hears the key the host shows, whatever follows. */
  readonly onHostKey?: (key: HostKey) => void;
  /** Hears a key that is not the approved one. */
  readonly onHostKeyOffered: (serverId: string, offered: HostKey) => void;
}

/**
 * Connects and signs in. Rejects with an `ExecutionError`: `host_unreachable`, `host_key_unapproved`, `host_key_changed`, or
 * `authentication_failed`. Nothing that proves who we are is sent before the host has proved who it is.
 */
export async function dial(server: SshServer, options: DialOptions): Promise<SshConnection> {
  const stream = await openStream(server, options);
  const client = new Client();
  const ready = deferred<SshConnection>();
  let methods: AnyAuthMethod[] = [];
  let refusal: ExecutionError | undefined;
  let isKeyAccepted = false;

  const fail = (why: string, cause?: Error) => {
    stream.destroy();
    ready.reject(refusal ?? hostUnreachable(server.sshConfig, why, cause));
  };
  client.on('error', (error) => {
    if (!refusal && error.level === 'client-authentication') {
      refusal = authenticationFailed(server.sshConfig, SIGN_IN_REMEDY[server.credentials.kind], error);
    }
    fail(isKeyAccepted ? `The connection broke: ${error.message}.` : noSshReason(error), error);
  });
  client.on('close', () => {
    fail(
      isKeyAccepted
        ? 'It closed the connection before the sign-in was done. Its log (sshd) says why.'
        : 'It closed the connection at once. Does sshd answer at this port, and does it allow more connections?',
    );
  });
  client.on('ready', () => {
    options.onStep?.('authenticate', `Signed in as ${server.sshConfig.username}.`);
    ready.resolve(new SshConnection(client, stream));
  });
  client.connect({
    sock: stream,
    username: server.sshConfig.username,
    readyTimeout: SIGN_IN_MS,
    keepaliveInterval: KEEP_ALIVE_MS,
    keepaliveCountMax: KEEP_ALIVE_MISSES,
    algorithms: { serverHostKey: hostKeyAlgorithms(server.hostKey) },
    hostVerifier: (blob: Buffer) => {
      const offered = hostKeyOf(blob);
      options.onHostKey?.(offered);
      refusal = keyRefusal(server, offered);
      if (refusal) {
        options.onHostKeyOffered(server.id, offered);
        return false;
      }
      isKeyAccepted = true;
      options.onStep?.(
        'host_key',
        `It shows the approved key ${offered.fingerprint} (${offered.algorithm}).`,
      );
      try {
        methods = authMethods(server);
      } catch (error) {
        refusal = error as ExecutionError;
      }
      return refusal === undefined;
    },
    // `false` ends it: the type forgets that.
    authHandler: (_left, _isPartial, next) => next(methods.shift() ?? (false as never)),
  });
  return ready.promise;
}

const SIGN_IN_REMEDY = {
  password: 'Is the password right, and does its sshd allow passwords for this user?',
  private_key:
    'Is the public key in this user’s ~/.ssh/authorized_keys there, and is that file writable only by the user?',
} as const;

function keyRefusal(server: SshServer, offered: HostKey): ExecutionError | undefined {
  if (!server.hostKey) {
    return hostKeyUnapproved(server.sshConfig, offered);
  }
  return isSameKey(server.hostKey, offered)
    ? undefined
    : hostKeyChanged(server.sshConfig, server.hostKey, offered);
}

const noSshReason = (error: Error): string =>
  /timed out/i.test(error.message)
    ? 'It accepted the connection and said nothing. Does sshd answer at this port?'
    : /no matching/i.test(error.message)
      ? `Its sshd and this client have no algorithm in common (${error.message}).`
      : `What answers there speaks no SSH that is understood, or the connection broke: ${error.message}.`;

/** Deriving a key from a passphrase takes half a second of this thread: done once a server, not once a connection. */
const parsedKeys = new WeakMap<SshCredentials, ParsedKey>();

/** How to sign in, in order. Throws an `ExecutionError` when the key is none. */
function authMethods({ sshConfig, credentials }: SshServer): AnyAuthMethod[] {
  const { username } = sshConfig;
  if (credentials.kind === 'password') {
    const { password } = credentials;
    const ask: KeyboardInteractiveAuthMethod = {
      type: 'keyboard-interactive',
      username,
      // The same password, however often and in whatever words it is asked for: nobody is there to say more.
      prompt: (_name, _instructions, _language, prompts, finish) => finish(prompts.map(() => password)),
    };
    return [{ type: 'password', username, password }, ask];
  }
  try {
    const key =
      parsedKeys.get(credentials) ?? parsePrivateKey(credentials.privateKey, credentials.passphrase);
    parsedKeys.set(credentials, key);
    return [{ type: 'publickey', username, key }];
  } catch (cause) {
    if (cause instanceof PrivateKeyError) {
      throw new ExecutionError(
        'authentication_failed',
        `The private key for ${addressOf(sshConfig)} cannot be used. ${cause.message}`,
        { cause },
      );
    }
    throw cause;
  }
}

async function openStream(server: SshServer, options: DialOptions): Promise<Duplex> {
  const { sshConfig } = server;
  const host = sshConfig.host.replace(/^\[(.*)\]$/, '$1');
  if (options.tunnel) {
    options.onStep?.('resolve', `The jump host resolves ${host}.`);
    const stream = await options.tunnel(host, sshConfig.port).catch((cause: unknown) => {
      throw cause instanceof ExecutionError
        ? cause
        : hostUnreachable(sshConfig, `The jump host cannot connect to it: ${messageOf(cause)}.`, cause);
    });
    options.onStep?.('connect', 'Connected through the jump host.');
    return stream;
  }
  const addresses = await dns.lookup(host, { all: true }).catch((cause: unknown) => {
    throw hostUnreachable(sshConfig, unreachableReason(cause), cause);
  });
  const names = addresses.map(({ address }) => address).join(', ');
  options.onStep?.('resolve', `${host} is ${names}.`);
  const socket = await connectTo(addresses, sshConfig.port).catch((cause: unknown) => {
    throw hostUnreachable(sshConfig, unreachableReason(cause), cause);
  });
  options.onStep?.('connect', `Connected to ${socket.remoteAddress ?? names}.`);
  return socket;
}

function connectTo(addresses: LookupAddress[], port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectSocket({
      host: addresses[0]?.address ?? '',
      port,
      noDelay: true,
      autoSelectFamily: addresses.length > 1,
      lookup: (_name, lookupOptions, done) =>
        lookupOptions.all
          ? done(null, addresses)
          : done(null, addresses[0]?.address ?? '', addresses[0]?.family),
    });
    const timer = setTimeout(() => {
      socket.destroy(
        Object.assign(new Error(`no answer within ${CONNECT_MS / 1000} s`), { code: 'ETIMEDOUT' }),
      );
    }, CONNECT_MS);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

const messageOf = (cause: unknown): string => toError(cause).message;
