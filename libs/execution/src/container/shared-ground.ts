import type { ResourceUsage } from '@cronium/server-types';
import type { Container, ContainerInspectInfo } from 'dockerode';
import { randomUUID } from 'node:crypto';

import { deferred } from '../deferred';
import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { Leftovers } from '../port';
import { USAGE_SCRIPT, parseUsage } from '../machine/usage-sample';
import { type HostRoom, leftoversSchema } from '../runner/messages';
import { FrameType } from '../runner/protocol';
import { type Placement, RunnerExit } from '../runner/job-ground';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import { runInContainer } from './container-command';
import type { ContainerEngine } from './container-engine';
import { type ContainerGround, ENGINE_PATIENCE_SECONDS, type Machine } from './container-ground';
import { RUNNER_COMMAND, RUNNER_USER, sharedContainerSpec } from './container-spec';
import { engineError, isConflict, isGone, isUnchanged } from './engine-errors';
import { MultiplexedChannel } from './multiplexed-channel';
import { asDuplex, removeContainer } from './sandbox';

/** How long a runner that is told to drop its job may take to kill and wipe. */
const ABANDON_MS = 10_000;

/**
 * Isolation `shared`: each job's runner is started by an exec in one long-lived container, detaches itself from the exec, and is met
 * again by another exec. Jobs have their own folders and processes, and nothing else that keeps them apart.
 *
 * The container is used if it exists (docker-compose may have made it), and otherwise created with a sandbox's hardening; one that this
 * process created is removed when it disconnects, unless jobs are left running in it.
 */
export class SharedGround implements ContainerGround {
  readonly patienceSeconds = ENGINE_PATIENCE_SECONDS;
  private ready: Promise<Container> | undefined;
  private created: Container | undefined;
  /** Of jobs in the container that are not known to have ended, also those that were let go. */
  private readonly runners = new Set<string>();

  constructor(
    private readonly engine: ContainerEngine,
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {}

  async open(): Promise<void> {
    try {
      await this.container();
    } catch (err) {
      // The next job, or the next health check, tries again and says why.
      this.context.logger.warn({ serverId: this.server.id, err }, 'The shared container is not available.');
    }
  }

  async close(): Promise<void> {
    const created = this.created;
    this.ready = undefined;
    this.created = undefined;
    if (created && this.runners.size === 0) {
      await removeContainer(created);
    }
  }

  async place(_job: unknown, signal: AbortSignal): Promise<Placement> {
    signal.throwIfAborted();
    const container = await this.container();
    // Not named for its job: what a process that was killed has left behind, and that has no job, must not be in the way.
    const runnerId = randomUUID();
    const session = await this.startRunner(container, 'launch', runnerId);
    try {
      checkVersion(await session.greeted(GREETING_MS));
    } catch (cause) {
      session.close();
      throw this.unavailable(cause);
    }
    return this.placement(container, runnerId, session);
  }

  async find(handle: ScriptHandle): Promise<Placement> {
    const { containerId = '', runnerId = '' } = handle.location;
    try {
      const container = this.engine.docker.getContainer(containerId);
      const { Name: name } = await container.inspect();
      if (name !== `/${this.server.containerConfig.containerName}`) {
        throw new ExecutionError(
          'script_lost',
          `The script is lost: its container "${name}" is not this server’s.`,
        );
      }
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
    await this.container();
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
    const container = await this.container();
    return leftoversSchema.parse(JSON.parse(await runInContainer(container, [...RUNNER_COMMAND, 'sweep'])));
  }

  async measure(): Promise<HostRoom> {
    const text = await runInContainer(await this.container(), ['/bin/sh', '-c', USAGE_SCRIPT]);
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
    const exec = await container.exec({
      Cmd: [...RUNNER_COMMAND, mode, runnerId],
      User: RUNNER_USER,
      WorkingDir: '/',
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
    });
    const socket = await exec.start({ hijack: true, stdin: true, Tty: false });
    return new RunnerSession(new MultiplexedChannel(asDuplex(socket)));
  }

  /** The running container; asked for again after it was found missing or stopped. */
  private async container(): Promise<Container> {
    const known = this.prepared();
    const container = await known;
    if ((await this.inspect(container))?.State.Running) {
      return container;
    }
    // Of several jobs that find it so, the first has it prepared for all of them.
    if (this.ready === known) {
      this.ready = undefined;
    }
    return this.prepared();
  }

  private prepared(): Promise<Container> {
    this.ready ??= this.prepare().catch((cause: unknown) => {
      this.ready = undefined;
      throw this.unavailable(cause);
    });
    return this.ready;
  }

  /** Undefined when there is no such container. */
  private async inspect(container: Container): Promise<ContainerInspectInfo | undefined> {
    try {
      return await container.inspect();
    } catch (cause) {
      if (isGone(cause)) {
        return undefined;
      }
      throw engineError(cause, 'asking for the shared container');
    }
  }

  private async prepare(): Promise<Container> {
    const { containerName, resourceLimits, maxConcurrentJobs } = this.server.containerConfig;
    const existing = this.engine.docker.getContainer(containerName);
    const info = await this.inspect(existing);
    if (info) {
      return this.startIfStopped(info);
    }
    try {
      const spec = sharedContainerSpec(
        await this.engine.spec(),
        resourceLimits,
        maxConcurrentJobs,
        containerName,
      );
      const container = await this.engine.docker.createContainer(spec);
      this.created = container;
      await container.start();
      return container;
    } catch (cause) {
      if (!isConflict(cause)) {
        throw cause;
      }
      return this.startIfStopped(await existing.inspect()); // another process was faster
    }
  }

  private async startIfStopped(info: ContainerInspectInfo): Promise<Container> {
    const container = this.engine.docker.getContainer(info.Id);
    if (!info.State.Running) {
      await container.start().catch((cause: unknown) => {
        if (!isUnchanged(cause)) {
          throw cause;
        }
      });
    }
    return container;
  }

  private unavailable(cause: unknown): ExecutionError {
    const error = engineError(cause, 'preparing the shared container');
    const name = this.server.containerConfig.containerName;
    return error.code === 'sandbox_failed'
      ? new ExecutionError(
          'container_unavailable',
          `The container "${name}" is not usable. ${error.message}`,
          { cause },
        )
      : error;
  }
}

/** Tells the runner that nothing more is wanted of it, and waits until it has cleared up and left. */
async function abandon(session: RunnerSession): Promise<void> {
  const { promise: closed, resolve } = deferred<void>();
  session.onClosed(resolve);
  session.send(FrameType.Bye, {});
  const timer = setTimeout(resolve, ABANDON_MS);
  await closed;
  clearTimeout(timer);
}
