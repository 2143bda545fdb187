import { DestroyRef, Injectable, effect, inject, signal, untracked } from '@angular/core';
import {
  realtimeNamespace,
  type ClientToServerEvents,
  type RealtimeAnswer,
  type ServerToClientEvents,
  type SubscribeExecution,
  type SubscribeRequest,
  type UnsubscribeRequest,
} from '@cronium/contracts';
import type { Socket } from 'socket.io-client';

import { SessionStore } from '../auth/session';

type RealtimeSocket = Socket<ServerToClientEvents, ClientToServerEvents>;
type Listeners = Partial<ServerToClientEvents>;
export type ConnectionState = 'idle' | 'connecting' | 'connected' | 'reconnecting';

/** What a page gives to follow one execution. `after` is asked at every (re)connection. */
export interface ExecutionSubscription {
  readonly execution: string;
  readonly after: () => SubscribeExecution['after'];
  readonly listeners: Listeners;
  /** The server refused the subscription. */
  readonly refused?: (answer: Extract<RealtimeAnswer, { ok: false }>) => void;
}

const retryMs = 2000;

/**
 * The one socket of the application, opened (and its library loaded) at first use. Listeners survive reconnections;
 * subscriptions are repeated after each with what the page has by then.
 */
@Injectable({ providedIn: 'root' })
export class Realtime {
  private readonly session = inject(SessionStore);
  private readonly connection = signal<ConnectionState>('idle');
  private opening: Promise<RealtimeSocket> | null = null;
  private socket: RealtimeSocket | null = null;
  private retry: ReturnType<typeof setTimeout> | undefined;

  readonly state = this.connection.asReadonly();

  constructor() {
    effect(() => {
      if (this.session.state().kind === 'signed-out') untracked(() => this.close());
    });
    inject(DestroyRef).onDestroy(() => this.close());
  }

  /** Hears the messages named in `listeners` until the returned function is called. */
  listen(listeners: Listeners): () => void {
    let ended = false;
    let detach = () => {};
    void this.open().then((socket) => {
      if (ended) return;
      detach = attach(socket, listeners);
    });
    return () => {
      ended = true;
      detach();
    };
  }

  /** Follows an execution until the returned function is called. */
  follow({ execution, after, listeners, refused }: ExecutionSubscription): () => void {
    return this.subscribe(() => ({ execution, after: after() }), { execution }, listeners, refused);
  }

  /** Hears how servers and jobs are, every two seconds, until the returned function is called; for administrators. */
  watchHealth(hear: ServerToClientEvents['health']): () => void {
    return this.subscribe(() => ({ health: true }), { health: true }, { health: hear });
  }

  private subscribe(
    request: () => SubscribeRequest,
    end: UnsubscribeRequest,
    listeners: Listeners,
    refused?: ExecutionSubscription['refused'],
  ): () => void {
    let ended = false;
    let detach = () => {};
    void this.open().then((socket) => {
      if (ended) return;
      const subscribe = () => {
        socket.emit('subscribe', request(), (answer) => {
          if (!answer.ok && !ended) refused?.(answer);
        });
      };
      const detachListeners = attach(socket, listeners);
      socket.on('connect', subscribe);
      if (socket.connected) subscribe();
      detach = () => {
        socket.off('connect', subscribe);
        detachListeners();
        if (socket.connected) socket.emit('unsubscribe', end, () => {});
      };
    });
    return () => {
      ended = true;
      detach();
    };
  }

  private open(): Promise<RealtimeSocket> {
    this.opening ??= this.load();
    return this.opening;
  }

  private async load(): Promise<RealtimeSocket> {
    this.connection.set('connecting');
    const { io } = await import('socket.io-client');
    const socket: RealtimeSocket = io(realtimeNamespace, {
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      autoConnect: false,
      reconnectionDelay: 300,
      reconnectionDelayMax: 5000,
      auth: (give) => {
        this.session.freshToken().then(
          (token) => give({ token }),
          () => give({ token: null }),
        );
      },
    });
    socket.on('connect', () => this.connection.set('connected'));
    socket.on('disconnect', (reason) => {
      this.connection.set('reconnecting');
      // The library reconnects by itself, except when the server closed the socket, for example at the end of the token.
      if (reason === 'io server disconnect') this.connectLater(socket);
    });
    socket.on('connect_error', () => {
      this.connection.set('reconnecting');
      if (!socket.active) this.connectLater(socket);
    });
    this.socket = socket;
    socket.connect();
    return socket;
  }

  private connectLater(socket: RealtimeSocket): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      void this.session.refresh().then(
        (token) => token !== null && socket === this.socket && socket.connect(),
        () => this.connectLater(socket),
      );
    }, retryMs);
  }

  private close(): void {
    clearTimeout(this.retry);
    this.socket?.removeAllListeners();
    this.socket?.disconnect();
    this.socket = null;
    this.opening = null;
    this.connection.set('idle');
  }
}

/** A socket to which every listener is the same. */
interface UntypedSocket {
  on(event: string, listener: unknown): unknown;
  off(event: string, listener: unknown): unknown;
}

function attach(socket: RealtimeSocket, listeners: Listeners): () => void {
  const detachers: (() => void)[] = [];
  const add = <E extends keyof ServerToClientEvents>(
    event: E,
    listener: ServerToClientEvents[E] | undefined,
  ) => {
    if (listener === undefined) return;
    // The library types listeners by a conditional type that a generic event name cannot satisfy.
    const untyped = socket as unknown as UntypedSocket;
    untyped.on(event, listener);
    detachers.push(() => untyped.off(event, listener));
  };
  add('health', listeners.health);
  add('log', listeners.log);
  add('job.started', listeners['job.started']);
  add('job.finished', listeners['job.finished']);
  add('execution.updated', listeners['execution.updated']);
  add('execution.finished', listeners['execution.finished']);
  add('execution.listed', listeners['execution.listed']);
  add('alert.changed', listeners['alert.changed']);
  return () => detachers.forEach((detach) => detach());
}
