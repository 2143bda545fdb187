import type { HealthStatus, ResourceUsage } from '@cronium/server-types';

import { BrokerGround } from '../broker/broker-ground';
import type { ContainerServer, ExecutorContext } from '../create-server-executor';
import type {
  Leftovers,
  ScriptExecutionRequest,
  ScriptExecutionResult,
  ScriptObserver,
  ServerExecutor,
} from '../port';
import { JobFollower } from '../runner/job-follower';
import type { HostRoom } from '../runner/messages';
import type { ScriptHandle } from '../script-handle';
import type { ContainerGround } from './container-ground';
import { engineGround } from './engine-ground';
import { checkHealth } from './health';
import { MachineMeter } from './machine-meter';

const MIB = 1024 * 1024;
/** A little less than a minute, so that who looks once a minute finds it new. */
const ASK_AGAIN_MS = 50_000;

/** Runs scripts in containers of one Docker engine, which this process has itself or asks a broker for. */
export class ContainerExecutor implements ServerExecutor {
  private readonly ground: ContainerGround;
  private readonly jobs: JobFollower;
  private readonly meter = new MachineMeter();
  private asked: Promise<HostRoom | undefined> | undefined;
  private askedAt = -Infinity;

  constructor(
    private readonly server: ContainerServer,
    private readonly context: ExecutorContext,
  ) {
    const broker = server.broker ?? context.broker;
    this.ground =
      broker === undefined ? engineGround(server, context) : new BrokerGround(server, broker, context);
    this.jobs = new JobFollower(this.ground, ({ location }, err) =>
      context.logger.warn({ serverId: server.id, location, err }, 'What a job ran in could not be removed.'),
    );
  }

  connect(): Promise<void> {
    return this.ground.open();
  }

  async disconnect(): Promise<void> {
    await this.jobs.release();
    await this.ground.close();
  }

  async executeScript(
    request: ScriptExecutionRequest,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    return this.jobs.execute(request, observer, signal);
  }

  async resumeScript(
    handle: ScriptHandle,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    return this.jobs.resume(handle, observer, signal);
  }

  async checkHealth(): Promise<HealthStatus> {
    return checkHealth(() => this.ground.check());
  }

  async getResourceUsage(): Promise<ResourceUsage> {
    const { resourceLimits, maxConcurrentJobs } = this.server.containerConfig;
    const { cpuPercent, memoryBytes, diskBytes } = this.jobs.usage;
    const [machine, room] = await Promise.all([this.ground.machine(), this.hostRoom()]);
    return {
      at: new Date().toISOString(),
      cpu: { usedPercent: cpuPercent, limitCores: machine.cores },
      memory: { usedBytes: memoryBytes, limitBytes: machine.memoryBytes },
      disk: { usedBytes: diskBytes, limitBytes: resourceLimits.diskMb * maxConcurrentJobs * MIB },
      pool: this.ground.poolCounts(),
      ...(room && this.meter.read(room, machine.cores)),
      activeJobs: this.jobs.activeJobs,
    };
  }

  removeLeftovers(): Promise<Leftovers> {
    return this.ground.sweep();
  }

  /** As the runner that told it last says; where there is none, as the machine itself said within a minute. */
  private async hostRoom(): Promise<HostRoom | undefined> {
    const told = [
      ...this.ground.waitingRooms(),
      ...this.jobs.sessions.flatMap(({ hostRoom }) => hostRoom ?? []),
    ];
    if (told.length > 0) {
      return told.reduce((last, room) => (room.at > last.at ? room : last));
    }
    const now = performance.now();
    if (now - this.askedAt > ASK_AGAIN_MS) {
      this.askedAt = now;
      this.asked = this.ground.measure().catch((err: unknown) => {
        // Its health tells why.
        this.context.logger.debug(
          { serverId: this.server.id, err },
          'A machine does not say what it has left.',
        );
        return undefined;
      });
    }
    return this.asked;
  }
}
