import { DomainError } from '../http/domain-error';
import type { TerminalLimits } from './terminal-limits';
import type { TerminalSocket } from './terminal-socket';

const minute = 60_000;

/** Counts terminals that are open or being opened in this process, and refuses one too many. */
export class TerminalPlaces {
  private readonly taken = new Map<TerminalSocket, string>();
  /** When each user has lately tried, on the clock of `performance.now()`. */
  private readonly attempts = new Map<string, number[]>();

  constructor(private readonly limits: TerminalLimits) {}

  /** Returns how to leave it again; that may be repeated. */
  take(socket: TerminalSocket): () => void {
    const userId = socket.data.caller.id;
    if (this.taken.has(socket)) {
      throw new DomainError('conflict', 'terminal_open', 'A terminal is open on this socket already.');
    }
    this.countAttempt(userId);
    const mine = [...this.taken.values()].filter((id) => id === userId).length;
    if (mine >= this.limits.aUser) {
      throw tooMany(`You have ${mine} terminals open, which is the most. Close one first.`);
    }
    if (this.taken.size >= this.limits.total) {
      throw tooMany(`${this.taken.size} terminals are open, which is the most. Try again later.`);
    }
    this.taken.set(socket, userId);
    return () => this.taken.delete(socket);
  }

  private countAttempt(userId: string): void {
    const now = performance.now();
    const isRecent = (at: number) => at > now - minute;
    for (const [id, times] of this.attempts) if (!times.some(isRecent)) this.attempts.delete(id);
    const recent = (this.attempts.get(userId) ?? []).filter(isRecent);
    if (recent.length >= this.limits.attemptsAMinute) {
      throw tooMany('You have tried to open too many terminals within a minute. Wait a little.');
    }
    this.attempts.set(userId, [...recent, now]);
  }
}

const tooMany = (message: string) => new DomainError('too_many', 'too_many_terminals', message);
