import type { ResourceUsage } from '@cronium/server-types';
import type { Socket } from 'node:net';

import { type ContainerGround, ENGINE_PATIENCE_SECONDS, type Machine } from '../container/container-ground';
import { MultiplexedChannel } from '../container/multiplexed-channel';
import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { Leftovers, ScriptExecutionRequest } from '../port';
import { type Placement, RunnerExit } from '../runner/job-ground';
import type { HostRoom } from '../runner/messages';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import type { BrokerAccess } from './broker-access';
import { BrokerLink } from './broker-link';
import { handleLocation, locationSchema } from './broker-messages';

/** Sandboxes that a broker opens, on an engine that this process has no access to. */
export class BrokerGround implements ContainerGround {
  readonly patienceSeconds = ENGINE_PATIENCE_SECONDS;
  private readonly link: BrokerLink;

  constructor(server: ContainerServer, broker: BrokerAccess, context: EngineContext) {
    this.link = new BrokerLink(broker, server, context);
  }

  open(): Promise<void> {
    return this.link.keep();
  }

  close(): Promise<void> {
    return this.link.close();
  }

  async place(
    { jobId, limits }: Pick<ScriptExecutionRequest, 'jobId' | 'limits'>,
    signal: AbortSignal,
  ): Promise<Placement> {
    signal.throwIfAborted();
    const { answer, socket } = await this.link.request('open', { jobId, limits }, signal);
    const placement = this.placement(jobId, handleLocation(answer.location), sessionOver(socket));
    try {
      checkVersion(await placement.session.greeted(GREETING_MS));
      return placement;
    } catch (error) {
      await placement.remove();
      throw error;
    }
  }

  async find({ jobId, location }: ScriptHandle): Promise<Placement> {
    const found = await this.attach(jobId, location);
    if (found instanceof RunnerExit) {
      await this.stop(location);
      throw new ExecutionError('script_lost', `The script is lost, its end is unknown. ${found.description}`);
    }
    return this.placement(jobId, location, found);
  }

  async check(): Promise<void> {
    await this.link.ask('check', {});
  }

  poolCounts(): ResourceUsage['pool'] {
    return this.link.state?.pool;
  }

  waitingRooms(): readonly HostRoom[] {
    const room = this.link.state?.room;
    return room ? [room] : [];
  }

  machine(): Promise<Machine> {
    return this.link.ask('usage', {});
  }

  async measure(): Promise<HostRoom | undefined> {
    return (await this.link.ask('measure', {})).room;
  }

  sweep(): Promise<Leftovers> {
    return this.link.ask('sweep', {});
  }

  private placement(jobId: string, location: Placement['location'], first: RunnerSession): Placement {
    let session = first;
    return {
      location,
      session: first,
      // The broker has fitted it, and names it.
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: async () => {
        const found = await this.attach(jobId, location);
        if (!(found instanceof RunnerExit)) session = found;
        return found;
      },
      remove: async () => {
        await this.stop(location);
        session.close();
      },
      release: () => session.close(),
    };
  }

  private async attach(jobId: string, location: Placement['location']): Promise<RunnerSession | RunnerExit> {
    const known = locationSchema.safeParse(location);
    if (!known.success) {
      throw new ExecutionError('script_lost', `The handle of job ${jobId} names no sandbox.`);
    }
    const { answer, socket } = await this.link.request('attach', { jobId, location: known.data });
    if ('exit' in answer) {
      socket.destroy();
      return new RunnerExit(answer.exit.outOfMemory, answer.exit.description);
    }
    return sessionOver(socket);
  }

  private async stop(location: Placement['location']): Promise<void> {
    await this.link.ask('stop', { location: locationSchema.parse(location) });
  }
}

const sessionOver = (socket: Socket): RunnerSession => new RunnerSession(new MultiplexedChannel(socket));
