import type { ResourceUsage } from '@cronium/server-types';
import type { Container } from 'dockerode';
import { randomUUID } from 'node:crypto';

import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { Leftovers } from '../port';
import { USAGE_SCRIPT, parseUsage } from '../machine/usage-sample';
import { type HostRoom, leftoversSchema } from '../runner/messages';
import { type Placement, RunnerExit } from '../runner/job-ground';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import { abandon } from './abandon';
import { runInContainer } from './container-command';
import type { ContainerEngine } from './container-engine';
import { type ContainerGround, ENGINE_PATIENCE_SECONDS, type Machine } from './container-ground';
import { RUNNER_COMMAND, sharedContainerSpec } from './container-spec';
import { engineError, isConflict, isGone } from './engine-errors';
import { LongLivedContainer, execInside } from './long-lived-container';

/**
 * Isolation `shared`: each job's runner is started by an exec in one long-lived container, detaches itself from the exec, and is met
 * again by another exec. Jobs have their own folders and processes, and nothing else that keeps them apart.
 */
export class SharedGround implements ContainerGround {
  readonly patienceSeconds = ENGINE_PATIENCE_SECONDS;
  private readonly container: LongLivedContainer;
  /** Of jobs in the container that are not known to have ended, also those that were let go. */
  private readonly runners = new Set<string>();

  constructor(
    private readonly engine: ContainerEngine,
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {
    const { containerName, resourceLimits, maxConcurrentJobs } = server.containerConfig;
    this.container = new LongLivedContainer(engine, containerName, async () =>
      sharedContainerSpec(await engine.spec(), resourceLimits, maxConcurrentJobs, containerName),
    );
  }

  async open(): Promise<void> {
    try {
      await this.container.get();
    } catch (err) {
      // The next job, or the next health check, tries again and says why.
      this.context.logger.warn({ serverId: this.server.id, err }, 'The shared container is not available.');
    }
  }

  async close(): Promise<void> {
    await this.container.leave(this.runners.size > 0);
  }

  async place(_job: unknown, signal: AbortSignal): Promise<Placement> {
    signal.throwIfAborted();
    const container = await this.container.get();
    // Not named for its job: what a process that was killed has left behind, and that has no job, must not be in the way.
    const runnerId = randomUUID();
    const session = await this.startRunner(container, 'launch', runnerId);
    try {
      checkVersion(await session.greeted(GREETING_MS));
    } catch (cause) {
      session.close();
      throw this.container.unavailable(cause);
    }
    return this.placement(container, runnerId, session);
  }

  async find(handle: ScriptHandle): Promise<Placement> {
    const { containerId = '', runnerId = '' } = handle.location;
    try {
      const container = await this.container.of(containerId);
      return this.placement(container, runnerId, await this.startRunner(container, 'attach', runnerId));
    } catch (cause) {
      const error = engineError(cause, 'attaching to a job');
      throw error.code === 'engine_unavailable'
        ? error
        : new ExecutionError('script_lost', `The script is lost, its end is unknown. ${error.message}`, {
            cause,
          });
    }
  }

  async check(): Promise<void> {
    await this.engine.docker.ping();
    await this.engine.requireAbilities();
    await this.container.get();
  }

  poolCounts(): ResourceUsage['pool'] {
    return undefined;
  }

  waitingRooms(): readonly HostRoom[] {
    return [];
  }

  machine(): Promise<Machine> {
    return this.engine.machine();
  }

  async sweep(): Promise<Leftovers> {
    const container = await this.container.get();
    return leftoversSchema.parse(JSON.parse(await runInContainer(container, [...RUNNER_COMMAND, 'sweep'])));
  }

  async measure(): Promise<HostRoom | undefined> {
    const container = await this.container.running();
    if (!container) return undefined;
    const text = await runInContainer(container, ['/bin/sh', '-c', USAGE_SCRIPT]);
    const { memory, disk, load, busyTicks, allTicks, uptimeSeconds } = parseUsage(text);
    return {
      at: Date.now(),
      memoryAvailableBytes: memory.limitBytes - memory.usedBytes,
      memoryTotalBytes: memory.limitBytes,
      diskFreeBytes: disk.limitBytes - disk.usedBytes,
      diskTotalBytes: disk.limitBytes,
      ...{ busyTicks, allTicks, uptimeSeconds },
      ...(load && { load: [load.oneMinute, load.fiveMinutes, load.fifteenMinutes] }),
    };
  }

  private placement(container: Container, runnerId: string, firstSession: RunnerSession): Placement {
    let session = firstSession;
    let released = false;
    this.runners.add(runnerId);
    const release = () => {
      if (!released) {
        released = true;
        session.close();
      }
    };
    return {
      location: { executor: 'container', isolation: 'shared', containerId: container.id, runnerId },
      session: firstSession,
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: async () => {
        try {
          session = await this.startRunner(container, 'attach', runnerId);
          return session;
        } catch (cause) {
          if (isGone(cause) || isConflict(cause)) {
            return new RunnerExit(false, 'The shared container that it ran in has stopped.');
          }
          throw cause;
        }
      },
      remove: async () => {
        if (!released) {
          await abandon(session);
          this.runners.delete(runnerId);
          release();
        }
      },
      release,
    };
  }

  /** Starts or meets a job's runner: the front process of an exec. */
  private async startRunner(
    container: Container,
    mode: 'launch' | 'attach',
    runnerId: string,
  ): Promise<RunnerSession> {
    return new RunnerSession(await execInside(container, [...RUNNER_COMMAND, mode, runnerId]));
  }
}
