import { DestroyRef, Injectable, effect, inject, signal, untracked } from '@angular/core';
import type { TerminalClosed, TerminalSizeMessage } from '@cronium/contracts';

import { SessionStore } from '../../../core/auth/session';
import { toApiProblem } from '../../../core/http/problem';
import { InputQueue } from './input-queue';
import { TERMINAL_SOCKETS, type TerminalSocket } from './terminal-socket';

/** Where a terminal is. `lost`: the connection between this page and Cronium broke. */
export type TerminalState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open'; readonly idleSeconds: number }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'ended'; readonly end: TerminalClosed }
  | { readonly kind: 'lost' };

export interface ShellOutput {
  readonly write: (data: Uint8Array, shown: () => void) => void;
}

/** The access token is renewed this long before it ends: a tab in the background is slow. */
const renewBeforeMs = 2 * 60_000;
const renewRetryMs = 10_000;

/** One person's shell on one server, over a socket of its own. Ends with the page that provides it. */
@Injectable()
export class TerminalSession {
  private readonly sockets = inject(TERMINAL_SOCKETS);
  private readonly session = inject(SessionStore);
  private readonly current = signal<TerminalState>({ kind: 'connecting' });
  private readonly closing = signal<number | null>(null);
  private socket: TerminalSocket | null = null;
  private input: InputQueue | null = null;
  private renewal: ReturnType<typeof setTimeout> | undefined;

  readonly state = this.current.asReadonly();
  /** When it closes unless a key is pressed, in milliseconds since the epoch; null while nobody warns. */
  readonly closesAt = this.closing.asReadonly();

  constructor() {
    effect(() => {
      const state = this.session.state();
      if (state.kind === 'signed-in') untracked(() => this.renewWith(state.token, state.expiresAt));
    });
    inject(DestroyRef).onDestroy(() => {
      clearTimeout(this.renewal);
      this.drop();
    });
  }

  /** Opens a shell, in the place of one that is over. */
  async open(serverId: string, size: TerminalSizeMessage, output: ShellOutput): Promise<void> {
    this.drop();
    this.current.set({ kind: 'connecting' });
    try {
      const token = await this.session.freshToken();
      if (token === null) return;
      const socket = await this.sockets(token);
      this.drop();
      this.socket = socket;
      this.input = new InputQueue((data, taken) => socket.emit('input', { data }, taken));
      this.listen(socket, output);
      socket.once('connect', () => this.request(socket, serverId, size));
      socket.connect();
    } catch (error) {
      this.refuse('unreachable', toApiProblem(error).message);
    }
  }

  type(text: string): void {
    this.closing.set(null);
    this.input?.push(text);
  }

  resize(size: TerminalSizeMessage): void {
    if (this.current().kind === 'open') this.socket?.emit('resize', size, () => undefined);
  }

  /** Somebody is there, without a key for the shell. */
  stay(): void {
    this.closing.set(null);
    this.socket?.emit('stay', {}, () => undefined);
  }

  /** Hangs up. */
  close(): void {
    this.drop();
    const message = 'You have ended it.';
    this.current.set({ kind: 'ended', end: { reason: 'left', message } });
  }

  private listen(socket: TerminalSocket, output: ShellOutput): void {
    const isMine = () => socket === this.socket;
    socket.on('output', (data, shown) => output.write(new Uint8Array(data), shown));
    socket.on('idle', ({ closesInSeconds }) => this.closing.set(Date.now() + closesInSeconds * 1000));
    socket.on('closed', (end) => {
      this.drop();
      this.current.set({ kind: 'ended', end });
    });
    socket.on('connect_error', () => {
      if (isMine()) this.refuseConnection(socket);
    });
    socket.on('disconnect', () => {
      if (!isMine()) return;
      this.drop();
      this.current.set({ kind: 'lost' });
    });
  }

  private request(socket: TerminalSocket, serverId: string, size: TerminalSizeMessage): void {
    socket.emit('open', { serverId, ...size }, (answer) => {
      if (socket !== this.socket) return;
      if (answer.ok) this.current.set({ kind: 'open', idleSeconds: answer.idleSeconds });
      else this.refuse(answer.code, answer.message);
    });
  }

  /** A socket that is no longer active was turned away for its token: the next try needs another. */
  private refuseConnection(socket: TerminalSocket): void {
    if (socket.active) {
      this.refuse('unreachable', 'Cronium cannot be reached. Check that you are connected.');
      return;
    }
    this.refuse('unauthenticated', 'Your sign-in was not accepted. Try again.');
    this.session.refresh().catch(() => this.renewIn(renewRetryMs));
  }

  private refuse(code: string, message: string): void {
    this.drop();
    this.current.set({ kind: 'refused', code, message });
  }

  /** A terminal outlives the access token that opened it, as long as the person stays signed in. */
  private renewWith(token: string, expiresAt: number): void {
    this.socket?.emit('renew', { token }, () => undefined);
    this.renewIn(expiresAt - Date.now() - renewBeforeMs);
  }

  private renewIn(milliseconds: number): void {
    clearTimeout(this.renewal);
    this.renewal = setTimeout(
      () => {
        // A new token comes back as a new state of the session.
        this.session.refresh().catch(() => this.renewIn(renewRetryMs));
      },
      Math.max(0, milliseconds),
    );
  }

  private drop(): void {
    this.closing.set(null);
    this.input = null;
    const { socket } = this;
    this.socket = null;
    socket?.disconnect();
  }
}
