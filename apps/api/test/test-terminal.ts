import {
  type OpenedTerminal,
  type TerminalClosed,
  terminalClosedSchema,
  terminalNamespace,
  type TerminalRefusal,
} from '@cronium/contracts';
import type { Socket } from 'socket.io-client';

import type { TestApp } from './test-app';
import { connected, socketTo } from './test-socket';

export const terminalSize = { columns: 91, rows: 23 };

/** A person at a terminal: what they see, and how it ended. */
export class TestTerminal {
  shown = '';
  /** Bytes that came, shown or not. */
  received = 0;
  /** Whether output is acknowledged. */
  reading = true;
  readonly closed: Promise<TerminalClosed>;
  private readonly unshown: (() => void)[] = [];
  private readonly waiting: { readonly text: string; readonly done: () => void }[] = [];

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((resolve) =>
      socket.once('closed', (end: unknown) => resolve(terminalClosedSchema.parse(end))),
    );
    socket.on('output', (data: Buffer, shown: () => void) => {
      this.received += data.length;
      this.shown += data.toString();
      if (this.reading) shown();
      else this.unshown.push(shown);
      this.tell();
    });
  }

  static async connect(app: TestApp, token: string): Promise<TestTerminal> {
    return new TestTerminal(await connected(socketTo(app, token, terminalNamespace)));
  }

  open(serverId: string): Promise<OpenedTerminal | TerminalRefusal> {
    return this.ask('open', { serverId, ...terminalSize }) as Promise<OpenedTerminal | TerminalRefusal>;
  }

  /** Asks with any body, right or wrong. */
  ask(request: string, body?: unknown): Promise<unknown> {
    return new Promise((resolve) => this.socket.emit(request, body, resolve));
  }

  type(data: string): Promise<unknown> {
    return this.ask('input', { data });
  }

  /** Resolves when the text has been shown. */
  sees(text: string): Promise<void> {
    return new Promise((done) => (this.shown.includes(text) ? done() : this.waiting.push({ text, done })));
  }

  /** The next message of a kind. */
  hears(kind: string): Promise<unknown> {
    return new Promise((resolve) => this.socket.once(kind, resolve));
  }

  /** Acknowledges what it has not read, and reads on. */
  readOn(): void {
    this.reading = true;
    this.unshown.splice(0).forEach((shown) => shown());
  }

  private tell(): void {
    for (const one of this.waiting.splice(0)) {
      if (this.shown.includes(one.text)) one.done();
      else this.waiting.push(one);
    }
  }
}
