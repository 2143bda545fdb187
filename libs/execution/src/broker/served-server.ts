import type { ContainerConfig, ResourceLimits } from '@cronium/server-types';
import type { Duplex } from 'node:stream';

import { type ContainerGround, ENGINE_PATIENCE_SECONDS } from '../container/container-ground';
import { engineGround } from '../container/engine-ground';
import type { EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import { type Placement, RunnerExit } from '../runner/job-ground';
import type { RunnerSession } from '../runner/runner-session';
import { STILL_HERE_MS, type SessionNews } from './broker-messages';
import type { BrokerSession } from './broker-session';
import { relay } from './relay';

/** An API that restarts finds its sandboxes warm; one that does not leaves none behind. */
const GRACE_MS = 30_000;
const NEWS_MS = 1_000;
/** A job whose connection is lost for longer than a client tries again is found by its handle, or swept. */
const HELD_MS = (ENGINE_PATIENCE_SECONDS + 30) * 1000;

export type Location = Placement['location'];

/** A job's sandbox, which is held for a session: while its connection is lost, too. */
interface HeldJob {
  readonly session: BrokerSession;
  readonly placement: Placement;
  readonly endRelay: () => void;
  /** Runs while its connection is lost. */
  patience?: NodeJS.Timeout;
}

/** One server with one configuration: its ground, the sessions that use it, and the jobs in it. */
export class ServedServer {
  readonly ground: ContainerGround;
  private readonly sessions = new Set<BrokerSession>();
  /** By where they are. */
  private readonly held = new Map<string, HeldJob>();
  private opening = 0;
  private lastState = '';
  private toldAt = 0;
  private newsTimer: NodeJS.Timeout | undefined;
  private graceTimer: NodeJS.Timeout | undefined;

  constructor(
    serverId: string,
    config: ContainerConfig,
    context: Omit<EngineContext, 'onSwept' | 'sandboxesInUse'>,
    private readonly onUnused: () => void,
  ) {
    this.ground = engineGround(
      { id: serverId, type: 'container', containerConfig: config },
      {
        ...context,
        onSwept: (_, count) => this.anySession()?.tell({ news: 'swept', count }),
        // With nobody to ask nothing is removed.
        sandboxesInUse: (ids) => this.anySession()?.inUse(ids) ?? Promise.resolve(new Set(ids)),
      },
    );
  }

  /** Jobs that have, or are about to get, a sandbox. */
  get jobs(): number {
    return this.held.size + this.opening;
  }

  async join(session: BrokerSession, warm: boolean): Promise<void> {
    clearTimeout(this.graceTimer);
    this.sessions.add(session);
    session.tell(this.state());
    this.newsTimer ??= setInterval(() => this.tellState(), NEWS_MS).unref();
    if (warm) await this.ground.open();
  }

  /** Lets go of its jobs, which another session may take over. */
  leave(session: BrokerSession): void {
    this.sessions.delete(session);
    for (const [key, job] of this.held) {
      if (job.session === session) this.letGo(key, job);
    }
    if (this.sessions.size > 0) return;
    this.stopNews();
    this.graceTimer = setTimeout(() => this.onUnused(), GRACE_MS).unref();
  }

  /** A sandbox for a job, to be connected. */
  async open(
    job: { readonly jobId: string; readonly limits: ResourceLimits },
    signal: AbortSignal,
  ): Promise<Placement> {
    this.opening += 1;
    try {
      const placement = await this.ground.place(job, signal);
      try {
        await placement.prepare(job);
        signal.throwIfAborted();
      } catch (error) {
        await placement.remove();
        throw error;
      }
      return placement;
    } finally {
      this.opening -= 1;
    }
  }

  /** The connection is the stream to the job's runner from now on. */
  connect(session: BrokerSession, placement: Placement, runner: RunnerSession, socket: Duplex): void {
    const key = keyOf(placement.location);
    const job: HeldJob = { session, placement, endRelay: relay(runner, socket) };
    this.held.set(key, job);
    socket.once('close', () => {
      if (this.held.get(key) !== job) return;
      const letGo = () => this.held.get(key) === job && this.letGo(key, job);
      job.patience = setTimeout(letGo, HELD_MS).unref();
    });
  }

  /** The runner of a job, with a new stream to it, or how it has ended. Whoever had it before loses it. */
  async attach(
    jobId: string,
    location: Location,
  ): Promise<{ readonly placement: Placement; readonly runner: RunnerSession } | RunnerExit> {
    const held = this.held.get(keyOf(location));
    if (held) {
      held.endRelay();
      const found = await held.placement.reconnect();
      return found instanceof RunnerExit ? found : { placement: held.placement, runner: found };
    }
    const placement = await this.ground.find({ version: 1, jobId, location, ackedSeq: 0 });
    return { placement, runner: placement.session };
  }

  /** Nothing of the job is left when it resolves; also when there was nothing before. */
  async stop(location: Location): Promise<void> {
    const key = keyOf(location);
    const held = this.held.get(key);
    const placement = held?.placement ?? (await this.lookFor(location));
    await placement?.remove();
    held?.endRelay();
    // The timer would keep all that the job had for as long as it runs.
    clearTimeout(held?.patience);
    this.held.delete(key);
  }

  async close(): Promise<void> {
    clearTimeout(this.graceTimer);
    this.stopNews();
    for (const session of this.sessions) session.close();
    for (const [key, job] of this.held) this.letGo(key, job);
    await this.ground.close();
  }

  private letGo(key: string, { placement, endRelay, patience }: HeldJob): void {
    clearTimeout(patience);
    this.held.delete(key);
    endRelay();
    placement.release();
  }

  private async lookFor(location: Location): Promise<Placement | undefined> {
    try {
      return await this.ground.find({ version: 1, jobId: 'to be stopped', location, ackedSeq: 0 });
    } catch (error) {
      if (error instanceof ExecutionError && error.code === 'script_lost') return undefined;
      throw error;
    }
  }

  private anySession(): BrokerSession | undefined {
    const [session] = this.sessions;
    return session;
  }

  private state(): SessionNews {
    const [room] = [...this.ground.waitingRooms()].sort((a, b) => b.at - a.at);
    return { news: 'state', pool: this.ground.poolCounts(), room };
  }

  private tellState(): void {
    const state = this.state();
    const text = JSON.stringify(state);
    const now = performance.now();
    if (text === this.lastState && now - this.toldAt < STILL_HERE_MS) return;
    this.lastState = text;
    this.toldAt = now;
    for (const session of this.sessions) session.tell(state);
  }

  private stopNews(): void {
    clearInterval(this.newsTimer);
    this.newsTimer = undefined;
  }
}

const keyOf = ({ containerId, runnerId }: Location): string => [containerId, runnerId].join(' ');
