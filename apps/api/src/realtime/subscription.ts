import {
  type Execution,
  isActive,
  type LogEntry,
  type LogMessage,
  type ServerToClientEvents,
} from '@cronium/contracts';
import type { Socket } from 'socket.io';

import type { Notification } from '../database/notifications';
import { LogTail } from './log-tail';

/** How long a viewer may take to acknowledge a message before it counts as gone, in milliseconds. */
const acknowledgeMilliseconds = 60_000;

export type Viewer = Pick<Socket<Record<string, never>, ServerToClientEvents>, 'emit'>;

export interface Sources {
  execution(id: string): Promise<Execution | null>;
  logEntries(jobId: string, seq: number, limit: number): Promise<LogEntry[]>;
}

/** One viewer's subscription to one execution: its states, and a tail of each job's log. */
export class Subscription {
  private readonly tails = new Map<string, LogTail>();
  private readonly unacknowledged = new Set<() => void>();
  private stopped = false;

  constructor(
    private readonly executionId: string,
    /** The last entry the viewer has, a job. */
    private readonly after: Readonly<Record<string, number>>,
    private readonly viewer: Viewer,
    private readonly sources: Sources,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Sends the present state, and the logs from the viewer's place. */
  async start(): Promise<void> {
    const execution = await this.show();
    execution?.jobs.forEach((job) => this.wake(job.id));
  }

  async hear(message: Notification): Promise<void> {
    if (message.kind === 'reconnected') await this.start();
    if (!('executionId' in message) || message.executionId !== this.executionId) return;
    if (message.kind === 'job.logged') {
      this.wake(message.jobId);
      return;
    }
    const execution = await this.show();
    if (!execution) return;
    if (message.kind === 'job.started' || message.kind === 'job.finished') {
      const job = execution.jobs.find(({ id }) => id === message.jobId);
      if (job) this.viewer.emit(message.kind, { executionId: this.executionId, job });
      this.wake(message.jobId);
    }
    if (message.kind === 'execution.finished' && !isActive(execution.state)) {
      this.viewer.emit('execution.finished', execution);
    }
  }

  stop(): void {
    this.stopped = true;
    this.tails.forEach((tail) => tail.stop());
    // The viewer may never answer; nothing may go on waiting for it.
    this.unacknowledged.forEach((giveUp) => giveUp());
  }

  private async show(): Promise<Execution | null> {
    const execution = await this.sources.execution(this.executionId);
    if (this.stopped || !execution) return null;
    this.viewer.emit('execution.updated', execution);
    return execution;
  }

  private wake(jobId: string): void {
    if (this.stopped) return;
    const tail = this.tails.get(jobId) ?? this.open(jobId);
    tail.wake().catch((error: unknown) => {
      this.stop();
      this.onFailure(error);
    });
  }

  private open(jobId: string): LogTail {
    const tail = new LogTail(
      { executionId: this.executionId, jobId },
      this.after[jobId] ?? 0,
      (id, seq, limit) => this.sources.logEntries(id, seq, limit),
      (message) => this.send(message),
    );
    this.tails.set(jobId, tail);
    return tail;
  }

  /** With a timer of its own: the library's goes on after the viewer has gone. */
  private send(message: LogMessage): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(limit);
        this.unacknowledged.delete(giveUp);
        act();
      };
      const giveUp = () => settle(resolve);
      const limit = setTimeout(
        () => settle(() => reject(new Error('The viewer did not acknowledge a message in time.'))),
        acknowledgeMilliseconds,
      );
      this.unacknowledged.add(giveUp);
      this.viewer.emit('log', message, giveUp);
    });
  }
}
