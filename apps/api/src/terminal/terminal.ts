import type { TerminalClosed, TerminalEndReason, TerminalServerEvents } from '@cronium/contracts';
import type { ShellClose, SshShell, TerminalSize } from '@cronium/execution';
import type { Socket } from 'socket.io';

import { DomainError } from '../http/domain-error';
import type { TerminalLimits } from './terminal-limits';

export type TerminalViewer = Pick<Socket<Record<string, never>, TerminalServerEvents>, 'emit'>;

/** What is known of a terminal when it is over. */
export interface TerminalEnd extends TerminalClosed {
  readonly durationMs: number;
  /** Typed by the person, and shown to them. */
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A message counts as this many bytes at least: nobody fills memory with small ones, byte by byte. */
const leastCost = 1024;
const costOf = (data: Buffer): number => Math.max(data.length, leastCost);

/** One person's shell on one host: passes bytes both ways no faster than they are taken, and ends once. */
export class Terminal {
  private readonly openedAt = performance.now();
  private readonly warning: NodeJS.Timeout;
  private readonly idleEnd: NodeJS.Timeout;
  private isStarted = false;
  private isOver = false;
  private unshown = 0;
  private untaken = 0;
  private bytesIn = 0;
  private bytesOut = 0;

  /** @param shell paused: what it says before the start is for the person to see, and not to be lost */
  constructor(
    private readonly shell: SshShell,
    private readonly viewer: TerminalViewer,
    private readonly limits: TerminalLimits,
    private readonly onEnd: (end: TerminalEnd) => void,
  ) {
    const { idleMilliseconds, idleWarningMilliseconds } = limits;
    const closesInSeconds = Math.round(idleWarningMilliseconds / 1000);
    this.warning = setTimeout(
      () => viewer.emit('idle', { closesInSeconds }),
      idleMilliseconds - idleWarningMilliseconds,
    );
    this.idleEnd = setTimeout(
      () =>
        this.end('idle', `No key was pressed for ${spoken(idleMilliseconds)}, so the terminal was closed.`),
      idleMilliseconds,
    );
  }

  get hasEnded(): boolean {
    return this.isOver;
  }

  /** From now on it shows and takes input. */
  start(): void {
    this.isStarted = true;
    this.shell.onData((data) => this.show(data));
    this.shell.onClose((close) => this.followShell(close));
    this.shell.resume();
  }

  /** Resolves when the host has taken it. */
  write(text: string): Promise<void> {
    this.requireOpen();
    const data = Buffer.from(text);
    const cost = costOf(data);
    if (this.untaken + cost > this.limits.untakenBytes) {
      throw new DomainError(
        'too_many',
        'input_too_fast',
        'The host does not take input that fast. What was sent last is lost; send it in smaller parts.',
      );
    }
    this.stay();
    this.untaken += cost;
    this.bytesIn += data.length;
    return new Promise((resolve) =>
      this.shell.write(data, () => {
        this.untaken -= cost;
        resolve();
      }),
    );
  }

  resize(size: TerminalSize): void {
    this.requireOpen();
    this.shell.resize(size);
  }

  /** Somebody is there: idleness begins anew. */
  stay(): void {
    this.requireOpen();
    this.warning.refresh();
    this.idleEnd.refresh();
  }

  /** Hangs up and tells why. The first reason counts. */
  end(reason: TerminalEndReason, message: string, exitCode?: number): void {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.warning);
    clearTimeout(this.idleEnd);
    this.shell.close();
    const closed: TerminalClosed = { reason, message, ...(exitCode === undefined ? {} : { exitCode }) };
    this.viewer.emit('closed', closed);
    const { bytesIn, bytesOut } = this;
    this.onEnd({ ...closed, durationMs: Math.round(performance.now() - this.openedAt), bytesIn, bytesOut });
  }

  private requireOpen(): void {
    if (!this.isStarted || this.isOver) throw noTerminal();
  }

  private show(data: Buffer): void {
    if (this.isOver) return;
    const cost = costOf(data);
    this.unshown += cost;
    this.bytesOut += data.length;
    this.viewer.emit('output', data, () => {
      this.unshown -= cost;
      if (this.unshown <= this.limits.unshownBytes / 2) this.shell.resume();
    });
    if (this.unshown > this.limits.unshownBytes) this.shell.pause();
  }

  private followShell({ code, signal, cause }: ShellClose): void {
    if (cause) this.end('host_lost', `The connection to the host was lost. ${cause.message}`);
    else if (signal) this.end('exited', `The shell was ended by the signal ${signal}.`);
    else this.end('exited', 'The shell has ended.', code);
  }
}

export function noTerminal(): DomainError {
  return new DomainError('conflict', 'no_terminal', 'No terminal is open on this socket. Open one first.');
}

function spoken(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  return minutes > 1 ? `${minutes} minutes` : `${Math.round(milliseconds / 1000)} seconds`;
}
