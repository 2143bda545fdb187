import type { ResourceUsage } from '@cronium/server-types';

import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { Leftovers } from '../port';
import { type Placement, RunnerExit } from '../runner/job-ground';
import type { HostRoom } from '../runner/messages';
import type { RunnerSession } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import type { ContainerEngine } from './container-engine';
import { type ContainerGround, ENGINE_PATIENCE_SECONDS, type Machine } from './container-ground';
import { engineError, isGone } from './engine-errors';
import { Sandbox, attachSession, inspectExit, removeContainer } from './sandbox';
import { SandboxSweeper } from './sandbox-sweeper';
import { WarmPool } from './warm-pool';

/** The engine takes as long for a name as a script to start, and most scripts that end sooner need none. */
const NAMING_DELAY_MS = 100;

/** Isolation `job`: one hardened single-use container a job, from the warm pool. */
export class SandboxGround implements ContainerGround {
  readonly patienceSeconds = ENGINE_PATIENCE_SECONDS;
  private readonly pool: WarmPool<Sandbox>;
  private readonly sweeper: SandboxSweeper;
  /** Sandboxes of jobs that this process has in hand. */
  private readonly inUse = new Set<string>();

  constructor(
    private readonly engine: ContainerEngine,
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {
    const { pool, resourceLimits } = server.containerConfig;
    this.pool = new WarmPool<Sandbox>({
      size: pool.size,
      refillConcurrency: pool.refillConcurrency,
      start: async () => {
        try {
          return await Sandbox.start(engine.docker, await engine.spec(), resourceLimits);
        } catch (cause) {
          throw engineError(cause, 'starting a sandbox');
        }
      },
      onStartFailed: (err) =>
        context.logger.warn({ serverId: server.id, err }, 'A sandbox could not be started.'),
      onRemoveFailed: (err) =>
        context.logger.warn({ serverId: server.id, err }, 'An idle sandbox could not be removed.'),
    });
    this.sweeper = new SandboxSweeper(engine.docker, context, server.id, (id) => this.inUse.has(id));
  }

  open(): Promise<void> {
    this.pool.open();
    this.sweeper.start();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), this.sweeper.stop()]);
  }

  async place(_job: unknown, signal: AbortSignal): Promise<Placement> {
    const sandbox = await this.pool.take(signal);
    this.inUse.add(sandbox.id);
    const found = this.placement(sandbox.id, sandbox.session);
    let naming: NodeJS.Timeout | undefined;
    return {
      ...found,
      prepare: ({ limits }) => sandbox.fit(limits),
      sent: ({ jobId }) => {
        naming = setTimeout(() => this.name(sandbox, jobId), NAMING_DELAY_MS).unref();
      },
      remove: () => {
        clearTimeout(naming);
        return found.remove();
      },
    };
  }

  private name(sandbox: Sandbox, jobId: string): void {
    sandbox
      .nameFor(jobId)
      .catch((err: unknown) =>
        this.context.logger.warn({ jobId, err }, 'A sandbox could not be named for its job.'),
      );
  }

  async find(handle: ScriptHandle): Promise<Placement> {
    const id = handle.location['containerId'];
    if (id === undefined) {
      throw new ExecutionError('script_lost', `The handle of job ${handle.jobId} names no sandbox.`);
    }
    this.inUse.add(id);
    const found = await this.reconnect(id).catch((error: unknown) => {
      this.inUse.delete(id);
      throw error;
    });
    if (found instanceof RunnerExit) {
      await removeContainer(this.engine.docker.getContainer(id));
      this.inUse.delete(id);
      throw new ExecutionError('script_lost', `The script is lost, its end is unknown. ${found.description}`);
    }
    return this.placement(id, found);
  }

  async check(): Promise<void> {
    await this.engine.docker.ping();
    await this.engine.requireAbilities();
    await this.engine.docker.getImage(this.server.containerConfig.image).inspect();
    // Whether what kept the last one from starting still does is known by starting one.
    if (this.pool.lastFailure !== undefined) {
      await this.pool.probe();
    }
  }

  poolCounts(): ResourceUsage['pool'] {
    return { ...this.pool.counts, inUse: this.inUse.size };
  }

  waitingRooms(): readonly HostRoom[] {
    return this.pool.waiting.flatMap(({ session }) => session.hostRoom ?? []);
  }

  machine(): Promise<Machine> {
    return this.engine.machine();
  }

  measure(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** A workspace goes with its sandbox, and of those the sweeper takes care. */
  sweep(): Promise<Leftovers> {
    return Promise.resolve({ workspaces: 0, bytes: 0 });
  }

  private placement(id: string, firstSession: RunnerSession): Placement {
    let session = firstSession;
    return {
      location: { executor: 'container', isolation: 'job', containerId: id },
      session: firstSession,
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: async () => {
        const found = await this.reconnect(id);
        if (!(found instanceof RunnerExit)) {
          session = found;
        }
        return found;
      },
      remove: async () => {
        session.close();
        try {
          await removeContainer(this.engine.docker.getContainer(id));
        } finally {
          // If that failed, the sweeper may try.
          this.inUse.delete(id);
        }
      },
      release: () => {
        session.close();
        this.inUse.delete(id);
      },
    };
  }

  private async reconnect(id: string): Promise<RunnerSession | RunnerExit> {
    const container = this.engine.docker.getContainer(id);
    try {
      const exit = await inspectExit(container, {
        installationId: this.context.installationId,
        serverId: this.server.id,
      });
      if (!exit) {
        return await attachSession(container);
      }
      const how = exit.exitCode === 137 ? 'was killed (SIGKILL)' : `ended with code ${exit.exitCode}`;
      return new RunnerExit(
        exit.outOfMemory,
        `Its runner, the first process of sandbox ${id.slice(0, 12)}, ${how}.`,
      );
    } catch (cause) {
      if (isGone(cause)) {
        return new RunnerExit(false, `Its sandbox ${id.slice(0, 12)} is not on the engine any more.`);
      }
      throw engineError(cause, 'attaching to a sandbox');
    }
  }
}
