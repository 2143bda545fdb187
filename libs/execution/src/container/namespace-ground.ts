import type { ResourceUsage } from '@cronium/server-types';
import type { Container } from 'dockerode';
import { randomUUID } from 'node:crypto';

import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { Leftovers } from '../port';
import { type Placement, RunnerExit } from '../runner/job-ground';
import type { HostRoom } from '../runner/messages';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import { abandon } from './abandon';
import type { ContainerEngine } from './container-engine';
import { type ContainerGround, ENGINE_PATIENCE_SECONDS, type Machine } from './container-ground';
import { namespaceContainerSpec } from './container-spec';
import { engineError, isConflict, isGone } from './engine-errors';
import { LongLivedContainer } from './long-lived-container';
import { ResidentLink } from './resident-link';
import { WarmPool } from './warm-pool';

/** A runner in namespaces of its own, which waits for a job. */
interface WaitingRunner {
  readonly id: string;
  readonly container: Container;
  readonly session: RunnerSession;
  remove(): Promise<void>;
}

interface Resident {
  readonly container: Container;
  readonly link: ResidentLink;
}

/**
 * Isolation `namespace`: one long-lived container, in which a resident process forks a runner for each job and gives it namespaces, file
 * systems and system calls of its own. The runner is then to its job what it is in a sandbox; runners wait for jobs as sandboxes do.
 */
export class NamespaceGround implements ContainerGround {
  readonly patienceSeconds = ENGINE_PATIENCE_SECONDS;
  private readonly container: LongLivedContainer;
  private readonly pool: WarmPool<WaitingRunner>;
  private joined: Promise<Resident> | undefined;
  /** Of jobs in the container that are not known to have ended, also those that were let go. */
  private readonly runners = new Set<string>();

  constructor(
    private readonly engine: ContainerEngine,
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {
    const { resourceLimits, maxConcurrentJobs, pool } = server.containerConfig;
    // Not that of isolation `shared`, which has no resident: a server may go from one to the other while jobs run.
    const containerName = `${server.containerConfig.containerName}-namespace`;
    const jobs = maxConcurrentJobs + pool.size;
    this.container = new LongLivedContainer(engine, containerName, async () =>
      namespaceContainerSpec(await engine.spec(), resourceLimits, jobs, containerName),
    );
    const warn = (message: string) => (err: unknown) =>
      context.logger.warn({ serverId: server.id, err }, message);
    this.pool = new WarmPool<WaitingRunner>({
      ...pool,
      start: () => this.startRunner(),
      onStartFailed: warn('A runner could not be started in its container.'),
      onRemoveFailed: warn('An idle runner could not be removed.'),
    });
  }

  open(): Promise<void> {
    this.pool.open();
    return Promise.resolve();
  }

  async close(): Promise<void> {
    await this.pool.close();
    const joined = this.joined;
    this.joined = undefined;
    (await joined?.catch(() => undefined))?.link.close();
    await this.container.leave(this.runners.size > 0);
  }

  async place(_job: unknown, signal: AbortSignal): Promise<Placement> {
    const { id, container, session } = await this.pool.take(signal);
    return this.placement(container, id, session);
  }

  async find(handle: ScriptHandle): Promise<Placement> {
    const { containerId = '', runnerId = '' } = handle.location;
    try {
      const container = await this.container.of(containerId);
      if (!(await container.inspect()).State.Running) {
        throw new ExecutionError(
          'script_lost',
          'The script is lost: the container that it ran in has stopped.',
        );
      }
      return this.placement(container, runnerId, await this.attach(runnerId));
    } catch (cause) {
      const error = engineError(cause, 'attaching to a job');
      throw error.code === 'engine_unavailable' || error.code === 'script_lost'
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
    // Whether what kept the last one from starting still does is known by starting one.
    if (this.pool.lastFailure !== undefined) await this.pool.probe();
  }

  poolCounts(): ResourceUsage['pool'] {
    return { ...this.pool.counts, inUse: this.runners.size };
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

  /** A workspace goes with its namespaces. */
  sweep(): Promise<Leftovers> {
    return Promise.resolve({ workspaces: 0, bytes: 0 });
  }

  private async startRunner(): Promise<WaitingRunner> {
    const { diskMb, pids } = this.server.containerConfig.resourceLimits;
    const id = randomUUID();
    try {
      const { container, link } = await this.resident();
      const session = new RunnerSession(link.open({ id, diskMb, pids }));
      try {
        checkVersion(await session.greeted(GREETING_MS));
      } catch (error) {
        session.close();
        throw error;
      }
      return { id, container, session, remove: () => abandon(session) };
    } catch (cause) {
      throw this.container.unavailable(cause);
    }
  }

  private async attach(runnerId: string): Promise<RunnerSession> {
    return new RunnerSession((await this.resident()).link.attach(runnerId));
  }

  /** The stream to the resident. While it lasts the container runs, and the engine need not be asked. */
  private async resident(): Promise<Resident> {
    const known = this.joined;
    const resident = await known?.catch(() => undefined);
    if (resident && !resident.link.isLost) return resident;
    // Of several that find it lost, the first joins anew for all of them.
    if (this.joined === known) this.joined = undefined;
    return (this.joined ??= this.join());
  }

  private async join(): Promise<Resident> {
    const container = await this.container.get();
    return { container, link: await ResidentLink.to(container) };
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
      location: { executor: 'container', isolation: 'namespace', containerId: container.id, runnerId },
      session: firstSession,
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: async () => {
        try {
          if ((await container.inspect()).State.Running) {
            session = await this.attach(runnerId);
            return session;
          }
        } catch (cause) {
          if (!isGone(cause) && !isConflict(cause)) throw cause;
        }
        return new RunnerExit(false, 'The container that it ran in has stopped.');
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
}
