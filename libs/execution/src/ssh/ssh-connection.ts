import type { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';

import { SshChannel } from './ssh-channel';
import { toError } from './ssh-errors';

/** Below sshd's default MaxSessions of 10, so that a person can still open one. */
const CHANNELS = 8;
const FAREWELL_MS = 1_000;

/** The connection ended while, or before, something was asked of it. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

/** The size of a terminal, in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** One connection that is signed in. Channels for commands are counted; tunnels are not, since sshd does not count them either. */
export class SshConnection {
  private inUse = 0;
  private tunnels = 0;
  private capacity = CHANNELS;
  private lost: Error | undefined;
  private readonly closeListeners = new Set<(cause: Error) => void>();

  constructor(
    private readonly client: Client,
    private readonly stream: Duplex,
  ) {
    client.on('error', (error) => {
      this.lose(error);
      stream.destroy();
    });
    client.on('end', () => this.lose(new Error('The host closed the connection.')));
    client.on('close', () => this.lose(new Error('The connection has ended.')));
  }

  get isOpen(): boolean {
    return this.lost === undefined;
  }

  get isIdle(): boolean {
    return this.inUse === 0 && this.tunnels === 0;
  }

  get hasRoom(): boolean {
    return this.isOpen && this.inUse < this.capacity;
  }

  /** Calls once when the connection ends; at once if it has. Returns how not to be called. */
  onClosed(listener: (cause: Error) => void): () => void {
    if (this.lost) {
      listener(this.lost);
      return () => undefined;
    }
    this.closeListeners.add(listener);
    return () => this.closeListeners.delete(listener);
  }

  /** Starts a command. Rejects with `ConnectionLostError`, `NoChannelError` (and then has no more room), or what the host said. */
  exec(command: string): Promise<SshChannel> {
    return this.open(
      (done) => this.client.exec(command, done),
      (channel) => new SshChannel(channel),
    );
  }

  /** Opens a login shell on a terminal; `listen` is called at once, so that it misses nothing. */
  shell<T>({ columns, rows }: TerminalSize, listen: (channel: ClientChannel) => T): Promise<T> {
    return this.open(
      (done) => this.client.shell({ term: 'xterm-256color', cols: columns, rows }, done),
      listen,
    );
  }

  /** A byte stream from the host to somewhere else. */
  tunnel(host: string, port: number): Promise<Duplex> {
    return this.wait(
      (done) => this.client.forwardOut('127.0.0.1', 0, host, port, done),
      (stream) => {
        this.tunnels += 1;
        stream.once('close', () => {
          this.tunnels -= 1;
          this.onRoom();
        });
        return stream;
      },
    );
  }

  close(): void {
    this.lose(new Error('The connection was closed on this side.'));
  }

  private async open<T>(ask: (done: Answer) => void, listen: (channel: ClientChannel) => T): Promise<T> {
    this.inUse += 1;
    const release = () => {
      this.inUse -= 1;
      this.onRoom();
    };
    try {
      return await this.wait(ask, (channel) => {
        channel.once('close', release);
        return listen(channel);
      });
    } catch (error) {
      this.inUse -= 1;
      if (this.isOpen && isChannelRefusal(error)) {
        // Its MaxSessions is lower than usual: what is open is what there can be.
        this.capacity = this.inUse;
        throw new NoChannelError('The host opens no more sessions on this connection.', { cause: error });
      }
      throw error;
    }
  }

  /** Set by the pool: a channel was closed. */
  onRoom: () => void = () => undefined;

  /**
   * What a channel says first may come in the same packet as its opening: who listens to it must do so before the next promise
   * is looked at.
   */
  private wait<T>(ask: (done: Answer) => void, listen: (channel: ClientChannel) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const lose = (cause: Error) => reject(new ConnectionLostError(cause.message, { cause }));
      if (this.lost) {
        lose(this.lost);
        return;
      }
      const forget = this.onClosed(lose);
      try {
        ask((error, channel) => {
          forget();
          if (error) {
            reject(error);
          } else {
            resolve(listen(channel));
          }
        });
      } catch (cause) {
        forget();
        lose(toError(cause));
      }
    });
  }

  private lose(cause: Error): void {
    if (this.lost) {
      return;
    }
    this.lost = cause;
    // What is still being written may go out; a peer that does not answer is not waited for.
    this.client.end();
    setTimeout(() => this.stream.destroy(), FAREWELL_MS).unref();
    for (const listener of this.closeListeners) {
      listener(cause);
    }
    this.closeListeners.clear();
  }
}

/** The host refuses another session on this connection; another connection may have room. */
export class NoChannelError extends Error {
  override readonly name = 'NoChannelError';
}

type Answer = (error: Error | undefined, channel: ClientChannel) => void;

/** ssh2 puts the reason of a refused channel (RFC 4254, section 5.1) on the error. */
const isChannelRefusal = (error: unknown): boolean => error instanceof Error && 'reason' in error;
