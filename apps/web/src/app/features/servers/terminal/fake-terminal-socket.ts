import type { TerminalClientEvents, TerminalServerEvents } from '@cronium/contracts';

import type { TerminalSocket } from './terminal-socket';

type Listener = (...values: never[]) => void;

/** The API's end of a terminal's socket, in the hands of a test. */
export class FakeTerminalSocket {
  readonly sent: {
    readonly name: string;
    readonly body: unknown;
    readonly answer: (value: unknown) => void;
  }[] = [];
  disconnected = false;
  /** As of the library: false once the API has turned it away. */
  active = true;
  private readonly listeners = new Map<string, Listener[]>();

  constructor(readonly token: string) {}

  get asSocket(): TerminalSocket {
    return this as unknown as TerminalSocket;
  }

  on(name: string, listener: Listener): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }

  once(name: string, listener: Listener): void {
    this.on(name, listener);
  }

  connect(): void {
    this.tell('connect');
  }

  disconnect(): void {
    this.disconnected = true;
    this.tell('disconnect');
  }

  emit(name: keyof TerminalClientEvents, body: unknown, answer: (value: unknown) => void): void {
    this.sent.push({ name, body, answer });
  }

  /** What the API says. */
  tell(
    name: keyof TerminalServerEvents | 'connect' | 'connect_error' | 'disconnect',
    ...values: unknown[]
  ): void {
    this.listeners.get(name)?.forEach((listener) => listener(...(values as never[])));
  }

  /** What the page asked last by this name. */
  last(name: keyof TerminalClientEvents) {
    const request = this.sent.findLast((one) => one.name === name);
    if (!request) throw new Error(`Nobody has asked ${name}.`);
    return request;
  }
}
