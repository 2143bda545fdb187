import { randomBytes } from 'node:crypto';

import { deferred } from '../deferred';
import type { SshConfig } from '@cronium/server-types';
import { hostUnreachable, shellUnusable } from './ssh-errors';
import type { SshChannel } from './ssh-channel';

/** A login may be slow; what has not begun by then does not. */
const START_MS = 20_000;
/** What an rc file may print before it counts as one that never stops. */
const MAX_NOISE = 256 * 1024;

/** A word that a program prints before anything else, so that what the login printed can be told apart. */
export class StartWord {
  private readonly halves = [randomBytes(12).toString('hex'), randomBytes(12).toString('hex')] as const;

  /** The program gets it in two halves: one that merely repeats what it is sent does not say the word. */
  get first(): string {
    return this.halves[0];
  }

  get second(): string {
    return this.halves[1];
  }

  get line(): string {
    return `${this.first}${this.second}\n`;
  }
}

/** The command ended and had not said the word. */
export class NotStarted {
  constructor(
    readonly code: number | undefined,
    /** stdout and stderr. */
    readonly said: string,
  ) {}
}

/**
 * Reads lines of a command that has said its word. The rest, after the last line that was asked for, goes to the channel's next listener.
 */
export class StartedCommand {
  private received = Buffer.alloc(0);
  private news = deferred<void>();
  private ended: Error | undefined;
  private timer: NodeJS.Timeout;
  private isOverdue = false;
  /** What the login printed before. */
  noise = '';

  constructor(
    readonly channel: SshChannel,
    private readonly config: SshConfig,
  ) {
    channel.listen({
      onData: (chunk) => {
        this.received = Buffer.concat([this.received, chunk]);
        this.wake();
      },
      onClose: (cause) => {
        this.ended = cause ?? new Error('The command ended.');
        this.wake();
      },
    });
    this.timer = setTimeout(() => {
      this.isOverdue = true;
      this.wake();
    }, START_MS);
  }

  /** Waits for the word; false when the command ended without it. */
  async begun(word: StartWord): Promise<NotStarted | undefined> {
    for (;;) {
      const at = this.received.indexOf(word.line);
      if (at >= 0) {
        this.noise = this.received.toString('utf8', 0, at).trim();
        this.received = this.received.subarray(at + word.line.length);
        return undefined;
      }
      if (this.ended && this.channel.exit) {
        clearTimeout(this.timer);
        return new NotStarted(this.channel.exit.code, this.said());
      }
      if (this.received.length > MAX_NOISE) {
        throw this.giveUp('It prints without end before a command runs.');
      }
      await this.more(
        'It did not come to it in time. Does an rc file wait for input, or start something else?',
      );
    }
  }

  /** The next line, without its end. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.received.indexOf('\n');
      if (at >= 0) {
        const line = this.received.toString('utf8', 0, at);
        this.received = this.received.subarray(at + 1);
        return line;
      }
      if (this.ended && this.channel.exit) {
        throw this.giveUp('It ended too early.');
      }
      await this.more('It fell silent.');
    }
  }

  /** Gives what follows to another listener. */
  handOver(): void {
    clearTimeout(this.timer);
    this.channel.handOver(this.received);
  }

  /** Nothing more is wanted of it. */
  close(): void {
    clearTimeout(this.timer);
    this.channel.close();
  }

  private said(): string {
    return `${this.received.toString('utf8')}\n${this.channel.diagnostics()}`;
  }

  private async more(overdue: string): Promise<void> {
    if (this.ended) {
      this.close();
      throw hostUnreachable(
        this.config,
        'The connection broke while a command was being started.',
        this.ended,
      );
    }
    if (this.isOverdue) {
      throw this.giveUp(overdue);
    }
    await this.news.promise;
  }

  private giveUp(why: string): Error {
    this.close();
    return shellUnusable(this.config, why, this.said());
  }

  private wake(): void {
    this.news.resolve();
    this.news = deferred<void>();
  }
}
