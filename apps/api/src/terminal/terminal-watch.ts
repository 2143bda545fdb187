import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription } from 'rxjs';

import { type Notification, Notifications } from '../database/notifications';
import type { Terminal } from './terminal';
import { lossOf, TerminalAccessReader } from './terminal-access';
import { TerminalAudit } from './terminal-audit';
import { TerminalLimits } from './terminal-limits';
import type { TerminalSocket } from './terminal-socket';

/** A lost access whose notification was missed is noticed after this. */
const checkEveryMilliseconds = 5_000;

const unknownAccess = 'Cronium could not make sure that you still have access: its database does not answer.';

export interface WatchedTerminal {
  readonly terminal: Terminal;
  readonly socket: TerminalSocket;
  readonly serverId: string;
  /** As `TerminalAccess.server.way` was when it was opened. */
  readonly way: string;
}

/** Ends open terminals when what they rest on is no longer so: when it is told of a change, and by asking all the time. */
@Injectable()
export class TerminalWatch implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(TerminalWatch.name);
  private readonly watched = new Set<WatchedTerminal>();
  private listening: Subscription | undefined;
  private checking: Promise<void> | undefined;
  private wokenWhileChecking = false;
  private lastCheckedAt = performance.now();
  private stopping = false;

  constructor(
    private readonly access: TerminalAccessReader,
    private readonly audit: TerminalAudit,
    private readonly limits: TerminalLimits,
    private readonly notifications: Notifications,
  ) {}

  onModuleInit(): void {
    this.listening = this.notifications.messages.subscribe((message) => this.hear(message));
  }

  /** While sockets and database are still there. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    this.listening?.unsubscribe();
    this.watched.forEach(({ terminal }) => endForShutdown(terminal));
    await this.audit.flush();
  }

  /** Begins with a check, for what was lost while the terminal was being opened. */
  async watch(one: WatchedTerminal): Promise<void> {
    this.watched.add(one);
    if (this.stopping) {
      endForShutdown(one.terminal);
      return;
    }
    try {
      await this.check([one]);
    } catch (error) {
      one.terminal.end('access_unknown', unknownAccess);
      throw error;
    }
  }

  forget(terminal: Terminal): void {
    for (const one of this.watched) if (one.terminal === terminal) this.watched.delete(one);
  }

  @Interval(checkEveryMilliseconds)
  wake(): void {
    if (this.stopping) return;
    if (this.checking) {
      this.wokenWhileChecking = true;
      return;
    }
    this.checking = this.checkAll().finally(() => {
      this.checking = undefined;
      if (this.wokenWhileChecking) {
        this.wokenWhileChecking = false;
        this.wake();
      }
    });
  }

  private hear({ kind }: Notification): void {
    // A changed server may be the jump host of another: all are looked at, in one query.
    if (kind === 'server.changed' || kind === 'access.changed' || kind === 'reconnected') this.wake();
  }

  private async checkAll(): Promise<void> {
    try {
      await this.check([...this.watched]);
      this.lastCheckedAt = performance.now();
    } catch (error) {
      this.logger.warn({ err: error }, 'Access to open terminals could not be checked; it is tried again.');
      if (performance.now() - this.lastCheckedAt < this.limits.uncheckedMilliseconds) return;
      this.watched.forEach(({ terminal }) => terminal.end('access_unknown', unknownAccess));
    }
  }

  private async check(watched: readonly WatchedTerminal[]): Promise<void> {
    if (watched.length === 0) return;
    const holds = watched.map(({ socket: { data }, serverId }) => ({
      userId: data.caller.id,
      sessionId: data.sessionId,
      serverId,
    }));
    const found = await this.access.read(holds);
    watched.forEach(({ terminal, socket, way }, index) => {
      const now = found[index];
      const loss = now && lossOf(socket.data.caller.id, way, now);
      if (loss) terminal.end(loss.reason, loss.message);
    });
  }
}

function endForShutdown(terminal: Terminal): void {
  terminal.end(
    'shutting_down',
    'Cronium is being stopped or restarted. Open the terminal again in a moment.',
  );
}
