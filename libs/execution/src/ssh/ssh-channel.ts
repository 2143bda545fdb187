import type { ClientChannel } from 'ssh2';

import type { RunnerChannel, RunnerChannelListener } from '../runner/runner-channel';

const MAX_DIAGNOSTICS = 8 * 1024;

/** How a remote command ended. */
export interface CommandExit {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  /** For example `SIGTERM`. */
  readonly signal: string | undefined;
}

/** A remote command's stdin and stdout as a runner's stream; its stderr is for diagnostics. */
export class SshChannel implements RunnerChannel {
  /** Undefined while it runs, and when the connection was lost before it ended. */
  exit: CommandExit | undefined;
  private listener: RunnerChannelListener | undefined;
  private pending: Buffer[] = [];
  private closed = false;
  private said = '';

  constructor(private readonly channel: ClientChannel) {
    channel.on('data', (chunk: Buffer) => {
      if (this.listener) {
        this.listener.onData(chunk);
      } else {
        this.pending.push(chunk);
      }
    });
    channel.stderr.on('data', (chunk: Buffer) => {
      if (this.onStderr) {
        this.onStderr(chunk);
      } else {
        this.said = (this.said + chunk.toString('utf8')).slice(-MAX_DIAGNOSTICS);
      }
    });
    channel.on('exit', (code: number | null, signal?: string) => {
      this.exit = { code: code ?? undefined, signal };
    });
    channel.on('error', () => undefined); // a close follows, and tells
    channel.on('close', () => {
      this.closed = true;
      this.listener?.onClose(this.exit ? undefined : new Error('The connection to the host was lost.'));
    });
  }

  /** Set to hear stderr as it comes, instead of keeping its end for `diagnostics`. */
  onStderr: ((chunk: Buffer) => void) | undefined;

  listen(listener: RunnerChannelListener): void {
    this.listener = listener;
    for (const chunk of this.pending.splice(0)) {
      listener.onData(chunk);
    }
    if (this.closed) {
      listener.onClose(this.exit ? undefined : new Error('The connection to the host was lost.'));
    }
  }

  /** Keeps what comes from now on, and this before it, for the next listener. */
  handOver(rest: Buffer): void {
    this.listener = undefined;
    this.pending = rest.length > 0 ? [rest] : [];
  }

  send(data: Buffer): void {
    if (!this.closed && this.channel.writable) {
      this.channel.write(data);
    }
  }

  /** No more input. */
  endInput(): void {
    this.channel.end();
  }

  /** Stops reading, so that the host has to wait. */
  pause(): void {
    this.channel.pause();
    this.channel.stderr.pause();
  }

  resume(): void {
    this.channel.resume();
    this.channel.stderr.resume();
  }

  diagnostics(): string {
    return this.said;
  }

  close(): void {
    this.channel.close();
  }
}
