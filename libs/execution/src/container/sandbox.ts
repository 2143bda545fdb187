import type { ContainerRuntime, ResourceLimits } from '@cronium/server-types';
import type { Container } from 'dockerode';
import type Docker from 'dockerode';
import { randomUUID } from 'node:crypto';

import { ExecutionError } from '../execution-error';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import {
  type SandboxOwner,
  type SpecContext,
  isSandboxOf,
  jobName,
  namesRuntime,
  sandboxSpec,
  tightening,
  warmName,
} from './container-spec';
import { requireRuntime } from './engine-abilities';
import { engineError, isGone } from './engine-errors';
import { MultiplexedChannel } from './multiplexed-channel';

/** How a sandbox's first process ended. */
export interface SandboxExit {
  readonly outOfMemory: boolean;
  readonly exitCode: number;
}

/** One single-use container whose runner waits, runs, or has ended its one job. */
export class Sandbox {
  private constructor(
    private readonly container: Container,
    private readonly limits: ResourceLimits,
    private readonly runtime: ContainerRuntime,
    readonly session: RunnerSession,
  ) {}

  get id(): string {
    return this.container.id;
  }

  /** Creates and starts a sandbox; resolves when its runner waits for a job. */
  static async start(docker: Docker, context: SpecContext, limits: ResourceLimits): Promise<Sandbox> {
    const container = await docker.createContainer(sandboxSpec(context, limits, warmName(randomUUID())));
    try {
      if (namesRuntime(context)) {
        requireRuntime((await container.inspect()).HostConfig.Runtime, context.runtime);
      }
      // Attached before it starts: not even the greeting can be missed.
      const session = await attachSession(container);
      await container.start();
      checkVersion(await session.greeted(GREETING_MS));
      return new Sandbox(container, limits, context.runtime, session);
    } catch (error) {
      // If that fails too, why it did not start is what counts; the sweeper finds it.
      await removeContainer(container).catch(() => undefined);
      throw error;
    }
  }

  /** Tightens its limits where the job's are stricter. */
  async fit(limits: ResourceLimits): Promise<void> {
    const update = tightening(this.limits, limits, this.runtime);
    try {
      await (update && this.container.update(update));
    } catch (cause) {
      throw engineError(cause, 'preparing a sandbox');
    }
  }

  /** Names it for its job. For people, and for a sweep that cannot tell whether its owner is alive: nothing is found by it. */
  async nameFor(jobId: string): Promise<void> {
    try {
      await this.container.rename({ name: jobName(jobId) });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  async remove(): Promise<void> {
    this.session.close();
    await removeContainer(this.container);
  }
}

/** A new connection to a container's first process. */
export async function attachSession(container: Container): Promise<RunnerSession> {
  const socket = await container.attach({
    stream: true,
    stdin: true,
    stdout: true,
    stderr: true,
    hijack: true,
  });
  return new RunnerSession(new MultiplexedChannel(asDuplex(socket)));
}

/** dockerode promises less than it gives: with `hijack` it is the socket itself. */
export function asDuplex(stream: NodeJS.ReadWriteStream): import('node:stream').Duplex {
  return stream as import('node:stream').Duplex;
}

/**
 * How the container ended; undefined while it runs. Throws when the engine does not answer or does not know it, and when it is not a
 * sandbox of this server: an id comes from a handle, and what a handle says is not what somebody may attach to.
 */
export async function inspectExit(
  container: Container,
  server: SandboxOwner,
): Promise<SandboxExit | undefined> {
  const { State: state, Config: config } = await container.inspect();
  if (!isSandboxOf(config.Labels, server)) {
    throw new ExecutionError(
      'script_lost',
      `Container ${container.id.slice(0, 12)} is no sandbox of this server.`,
    );
  }
  return state.Running ? undefined : { outOfMemory: state.OOMKilled, exitCode: state.ExitCode };
}

/** Kills what runs in it and removes it. One that is gone is as good. */
export async function removeContainer(container: Container): Promise<void> {
  try {
    await container.remove({ force: true, v: true });
  } catch (error) {
    if (!isGone(error)) {
      throw error;
    }
  }
}
