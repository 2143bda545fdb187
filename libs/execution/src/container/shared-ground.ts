import type { ResourceUsage } from '@cronium/server-types';
import type { Container, ContainerInspectInfo } from 'dockerode';
import type Docker from 'dockerode';

import { deferred } from '../deferred';
import type { ExecutorContext, ExecutorServer } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { ScriptExecutionRequest } from '../port';
import { FrameType } from '../runner/protocol';
import { type Placement, RunnerExit } from '../runner/job-ground';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import { RUNNER_COMMAND, type SpecContext, sharedContainerSpec } from './container-spec';
import type { ContainerGround } from './container-ground';
import { engineError, isConflict, isGone } from './engine-errors';
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
  private ready: Promise<Container> | undefined;
  private created: Container | undefined;
  private activeJobs = 0;

  constructor(
    private readonly docker: Docker,
    private readonly server: ExecutorServer,
    private readonly context: ExecutorContext,
    private readonly spec: () => Promise<SpecContext>,
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
    if (created && this.activeJobs === 0) {
      await removeContainer(created);
    }
  }

  async place(request: ScriptExecutionRequest): Promise<Placement> {
    const container = await this.container();
    const session = await this.startRunner(container, 'launch', request.jobId);
    try {
      checkVersion(await session.greeted(GREETING_MS));
    } catch (cause) {
      session.close();
      throw this.unavailable(cause);
    }
    return this.placement(container, request.jobId, session);
  }

  async find(handle: ScriptHandle): Promise<Placement> {
    const id = handle.location['containerId'] ?? '';
    try {
      const container = this.docker.getContainer(id);
      return this.placement(
        container,
        handle.jobId,
        await this.startRunner(container, 'attach', handle.jobId),
      );
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
    await this.container();
  }

  async containerIds(): Promise<string[]> {
    return [(await this.container()).id];
  }

  poolCounts(): ResourceUsage['pool'] {
    return undefined;
  }

  private placement(container: Container, jobId: string, firstSession: RunnerSession): Placement {
    let session = firstSession;
    let released = false;
    this.activeJobs += 1;
    const release = () => {
      if (!released) {
        released = true;
        session.close();
      }
    };
    return {
      location: { executor: 'container', isolation: 'shared', containerId: container.id },
      session: firstSession,
      claim: () => Promise.resolve(),
      reconnect: async () => {
        try {
          session = await this.startRunner(container, 'attach', jobId);
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
          this.activeJobs -= 1;
          await abandon(session);
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
    jobId: string,
  ): Promise<RunnerSession> {
    const exec = await container.exec({
      Cmd: [...RUNNER_COMMAND, mode, jobId],
      User: '1000:1000',
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
  private container(): Promise<Container> {
    this.ready ??= this.prepare().catch((cause: unknown) => {
      this.ready = undefined;
      throw this.unavailable(cause);
    });
    return this.ready.then(async (container) => {
      const running = await container.inspect().then(
        ({ State }) => State.Running,
        (cause: unknown) => {
          if (isGone(cause)) {
            return false;
          }
          throw engineError(cause, 'asking for the shared container');
        },
      );
      if (running) {
        return container;
      }
      this.ready = undefined;
      return this.prepare();
    });
  }

  private async prepare(): Promise<Container> {
    const { containerName, resourceLimits, maxConcurrentJobs } = this.server.containerConfig;
    const existing = this.docker.getContainer(containerName);
    const info = await existing.inspect().catch((cause: unknown) => {
      if (isGone(cause)) {
        return undefined;
      }
      throw cause;
    });
    if (info) {
      return this.startIfStopped(info);
    }
    try {
      const spec = sharedContainerSpec(await this.spec(), resourceLimits, maxConcurrentJobs, containerName);
      const container = await this.docker.createContainer(spec);
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
    const container = this.docker.getContainer(info.Id);
    if (!info.State.Running) {
      await container.start();
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
