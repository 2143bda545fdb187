import type { Duplex } from 'node:stream';

import { deferred } from '../deferred';
import { ExecutorDisconnectedError } from '../execution-error';
import { type DialOptions, dial } from './dial';
import { ConnectionLostError, NoChannelError, type SshConnection } from './ssh-connection';
import type { SshChannel } from './ssh-channel';
import { hostUnreachable } from './ssh-errors';
import type { SshServer } from './ssh-server';

/** A connection that nobody used this long is closed, except one of a pool that is kept warm. */
const IDLE_MS = 60_000;
/** At 8 channels each: what the largest `maxConcurrentJobs` needs, and some for checks and terminals. */
const MAX_CONNECTIONS = 72;
/** A command is asked for again this often when the connection turns out to be dead, or full. */
const TRIES = 4;

/**
 * The connections to one host. Made when needed, one at a time (sshd drops some of many that knock at once), shared by all
 * commands, kept alive, and closed when idle. A jump host has a pool of its own.
 */
export class ConnectionPool {
  private readonly connections = new Set<SshConnection>();
  private readonly idleTimers = new Map<SshConnection, NodeJS.Timeout>();
  private readonly jump: ConnectionPool | undefined;
  private dialing: Promise<SshConnection> | undefined;
  private room = deferred<void>();
  private isWarm = false;
  /** Rises at each close: what was begun before is over. */
  private generation = 0;

  constructor(
    private readonly server: SshServer,
    private readonly onHostKeyOffered: DialOptions['onHostKeyOffered'],
    private readonly hearing: Pick<DialOptions, 'onStep' | 'onHostKey'> = {},
  ) {
    this.jump = server.jump ? new ConnectionPool(server.jump, onHostKeyOffered) : undefined;
  }

  /** Connections now; for an operator and tests. */
  get size(): number {
    return this.connections.size;
  }

  /** From now on one connection is kept. */
  keepWarm(): void {
    this.isWarm = true;
  }

  /** Starts a command on a connection with room. Rejects with an `ExecutionError` when there is none to be had. */
  exec(command: string): Promise<SshChannel> {
    return this.use((connection) => connection.exec(command));
  }

  /** A byte stream from the host to somewhere else. */
  tunnel(host: string, port: number): Promise<Duplex> {
    return this.use((connection) => connection.tunnel(host, port));
  }

  /** Makes sure of a connection. */
  async connect(): Promise<void> {
    await this.withRoom(this.generation);
  }

  async close(): Promise<void> {
    this.generation += 1;
    this.isWarm = false;
    await this.dialing?.catch(() => undefined); // whoever waits for it hears why
    for (const connection of this.connections) {
      connection.close();
    }
    await this.jump?.close();
  }

  private async use<T>(ask: (connection: SshConnection) => Promise<T>): Promise<T> {
    const { generation } = this;
    for (let tries = 1; ; tries += 1) {
      const connection = await this.withRoom(generation);
      try {
        return await ask(connection);
      } catch (cause) {
        if (!(cause instanceof ConnectionLostError || cause instanceof NoChannelError)) {
          throw cause;
        }
        if (this.generation !== generation) {
          throw new ExecutorDisconnectedError();
        }
        if (tries === TRIES) {
          throw hostUnreachable(this.server.sshConfig, cause.message, cause);
        }
      }
    }
  }

  private async withRoom(generation: number): Promise<SshConnection> {
    for (;;) {
      if (this.generation !== generation) {
        throw new ExecutorDisconnectedError();
      }
      const free = [...this.connections].find(({ hasRoom }) => hasRoom);
      if (free) {
        clearTimeout(this.idleTimers.get(free));
        return free;
      }
      if (this.connections.size >= MAX_CONNECTIONS) {
        await this.room.promise;
      } else {
        await this.add();
      }
    }
  }

  /** Whoever needs another connection waits for the same one. */
  private add(): Promise<SshConnection> {
    this.dialing ??= this.dial().finally(() => (this.dialing = undefined));
    return this.dialing;
  }

  private async dial(): Promise<SshConnection> {
    const { generation, jump } = this;
    const connection = await dial(this.server, {
      ...this.hearing,
      onHostKeyOffered: this.onHostKeyOffered,
      tunnel: jump && ((host, port) => jump.tunnel(host, port)),
    });
    if (this.generation !== generation) {
      connection.close();
      throw new ExecutorDisconnectedError();
    }
    this.connections.add(connection);
    connection.onRoom = () => this.notify(connection);
    connection.onClosed(() => {
      this.connections.delete(connection);
      clearTimeout(this.idleTimers.get(connection));
      this.idleTimers.delete(connection);
      this.notify();
    });
    this.notify(connection);
    return connection;
  }

  /** Tells whoever waits for room, and has a connection that nobody uses closed after a while. */
  private notify(connection?: SshConnection): void {
    this.room.resolve();
    this.room = deferred<void>();
    if (connection?.isIdle) {
      clearTimeout(this.idleTimers.get(connection));
      const timer = setTimeout(() => {
        if (connection.isIdle && !(this.isWarm && this.connections.size === 1)) {
          connection.close();
        }
      }, IDLE_MS);
      this.idleTimers.set(connection, timer.unref());
    }
  }
}
