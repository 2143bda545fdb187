import {
  type ClientToServerEvents,
  type RealtimeAnswer,
  realtimeNamespace,
  type ServerToClientEvents,
} from '@cronium/contracts';
import { io, type Socket } from 'socket.io-client';

import type { TestApp } from './test-app';

export type TestSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** Begins to connect; never again when that fails. */
export function socketTo(app: TestApp, token: unknown, namespace: string): Socket {
  return io(`${app.url}${namespace}`, {
    auth: { token },
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
  });
}

/** A connected socket; the caller disconnects it. */
export function connect(app: TestApp, token: string): Promise<TestSocket> {
  return connected(socketTo(app, token, realtimeNamespace));
}

export function connected<S extends Socket>(socket: S): Promise<S> {
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve(socket));
    socket.once('connect_error', reject);
  });
}

/** With what words a handshake is refused. */
export function refusalOf(
  app: TestApp,
  token: unknown,
  namespace: string = realtimeNamespace,
): Promise<string> {
  const socket = socketTo(app, token, namespace);
  return new Promise<string>((resolve, reject) => {
    socket.once('connect', () => reject(new Error('The handshake was accepted.')));
    socket.once('connect_error', (error) => resolve(error.message));
  }).finally(() => socket.disconnect());
}

/** Asks with any body, right or wrong. */
export function ask(
  socket: TestSocket,
  request: 'subscribe' | 'unsubscribe',
  body: unknown,
): Promise<RealtimeAnswer> {
  return new Promise((resolve) => (socket as Socket).emit(request, body, resolve));
}

/** The next message of a kind. */
export function heard<E extends keyof ServerToClientEvents | 'disconnect'>(
  socket: TestSocket,
  kind: E,
): Promise<E extends keyof ServerToClientEvents ? Parameters<ServerToClientEvents[E]>[0] : string> {
  // The library's type of a listener is conditional on the name, which a generic name cannot satisfy.
  const untyped = socket as unknown as NodeJS.EventEmitter;
  return new Promise((resolve) => untyped.once(kind, resolve));
}
