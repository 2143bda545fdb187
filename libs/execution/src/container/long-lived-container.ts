import type { Container, ContainerCreateOptions, ContainerInspectInfo } from 'dockerode';

import { ExecutionError } from '../execution-error';
import { MultiplexedChannel } from './multiplexed-channel';
import type { ContainerEngine } from './container-engine';
import { RUNNER_USER } from './container-spec';
import { engineError, isConflict, isGone, isUnchanged } from './engine-errors';
import { asDuplex, removeContainer } from './sandbox';

/**
 * The container that all jobs of a server run in, where each does not have one. It is used if it exists (docker-compose may have made it),
 * and otherwise created; one that this process created is removed when it leaves, unless jobs are left running in it.
 */
export class LongLivedContainer {
  private ready: Promise<Container> | undefined;
  private created: Container | undefined;

  constructor(
    private readonly engine: ContainerEngine,
    private readonly name: string,
    private readonly spec: () => Promise<ContainerCreateOptions>,
  ) {}

  /** The running container; asked for again after it was found missing or stopped. */
  async get(): Promise<Container> {
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

  /** The container if it runs: it is neither made nor started for this. */
  async running(): Promise<Container | undefined> {
    const container = this.engine.docker.getContainer(this.name);
    return (await this.inspect(container))?.State.Running ? container : undefined;
  }

  /** The container that a handle names. Rejects with `script_lost` when it is not this server's. */
  async of(containerId: string): Promise<Container> {
    const container = this.engine.docker.getContainer(containerId);
    const { Name: name } = await container.inspect();
    if (name !== `/${this.name}`) {
      throw new ExecutionError(
        'script_lost',
        `The script is lost: its container "${name}" is not this server’s.`,
      );
    }
    return container;
  }

  async leave(isInUse: boolean): Promise<void> {
    const created = this.created;
    this.ready = undefined;
    this.created = undefined;
    if (created && !isInUse) {
      await removeContainer(created);
    }
  }

  /** Of what failed in it, or with it. */
  unavailable(cause: unknown): ExecutionError {
    const error = engineError(cause, 'preparing the shared container');
    return error.code === 'sandbox_failed'
      ? new ExecutionError(
          'container_unavailable',
          `The container "${this.name}" is not usable. ${error.message}`,
          {
            cause,
          },
        )
      : error;
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
    // Also for one that somebody else made.
    await this.engine.requireAbilities();
    const existing = this.engine.docker.getContainer(this.name);
    const info = await this.inspect(existing);
    if (info) {
      return this.startIfStopped(info);
    }
    try {
      const container = await this.engine.docker.createContainer(await this.spec());
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
}

/** A program in it, as a job's user: its standard streams. */
export async function execInside(
  container: Container,
  command: readonly string[],
): Promise<MultiplexedChannel> {
  const exec = await container.exec({
    Cmd: [...command],
    User: RUNNER_USER,
    WorkingDir: '/',
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
  });
  const socket = await exec.start({ hijack: true, stdin: true, Tty: false });
  return new MultiplexedChannel(asDuplex(socket));
}
