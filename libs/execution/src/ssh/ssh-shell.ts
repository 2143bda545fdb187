import type { ClientChannel } from 'ssh2';

import { ConnectionPool } from './connection-pool';
import { dial } from './dial';
import type { SshConnection, TerminalSize } from './ssh-connection';
import type { SshServer } from './ssh-server';

/** Why a shell is over: `exit` with its code or signal, or the lost connection. */
export interface ShellClose {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Undefined when the shell itself ended. */
  readonly cause: Error | undefined;
}

/** A person's login shell on a terminal. */
export interface SshShell {
  /** @param taken called when the host has taken it, or will never */
  write(data: string | Buffer, taken?: () => void): void;
  resize(size: TerminalSize): void;
  /** Sets who hears what the terminal shows, as raw bytes. What came before is kept for it. */
  onData(listener: (data: Buffer) => void): void;
  /** Sets who hears of the end, once; at once if it is over. */
  onClose(listener: (end: ShellClose) => void): void;
  /** Stops reading from the host, for a reader that is behind. */
  pause(): void;
  resume(): void;
  /** Hangs up: the shell gets SIGHUP. Idempotent. */
  close(): void;
}

/**
 * Signs in on a connection of its own, so that a person at a terminal takes no job's place, and opens a login shell. Rejects with the same
 * errors as a job's connection; the host's key must be approved.
 */
export async function openShell(server: SshServer, size: TerminalSize): Promise<SshShell> {
  const hops = server.jump && new ConnectionPool(server.jump, () => undefined);
  let connection: SshConnection | undefined;
  try {
    connection = await dial(server, {
      tunnel: hops ? (host, port) => hops.tunnel(host, port) : undefined,
      onHostKeyOffered: () => undefined,
    });
    const signedIn = connection;
    return await signedIn.shell(size, (channel) => followShell(signedIn, channel, () => void hops?.close()));
  } catch (error) {
    connection?.close();
    await hops?.close();
    throw error;
  }
}

function followShell(connection: SshConnection, channel: ClientChannel, leave: () => void): SshShell {
  let exit: Pick<ShellClose, 'code' | 'signal'> | undefined;
  let lost: Error | undefined;
  let end: ShellClose | undefined;
  let hear: ((end: ShellClose) => void) | undefined;
  const pending: Buffer[] = [];
  let show = (data: Buffer): void => void pending.push(data);

  connection.onClosed((cause) => (lost = cause));
  channel.on('exit', (code: number | null, signal?: string) => (exit = { code: code ?? undefined, signal }));
  channel.on('data', (data: Buffer) => show(data));
  channel.on('error', () => undefined); // a close follows, and tells
  channel.on('close', () => {
    end = {
      code: exit?.code,
      signal: exit?.signal,
      cause: exit ? undefined : (lost ?? new Error('The connection to the host was lost.')),
    };
    connection.close();
    leave();
    hear?.(end);
  });
  return {
    write: (data, taken = () => undefined) => {
      if (channel.writable) {
        channel.write(data, () => taken());
      } else {
        taken();
      }
    },
    resize: ({ columns, rows }) => {
      if (channel.writable) {
        channel.setWindow(rows, columns, 0, 0);
      }
    },
    onData: (listener) => {
      show = listener;
      pending.splice(0).forEach(listener);
    },
    onClose: (listener) => {
      hear = listener;
      if (end) {
        listener(end);
      }
    },
    pause: () => void channel.pause(),
    resume: () => void channel.resume(),
    close: () => connection.close(),
  };
}
