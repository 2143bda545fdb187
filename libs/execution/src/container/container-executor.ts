import type { HealthStatus, ResourceUsage } from '@cronium/server-types';

import { BrokerGround } from '../broker/broker-ground';
import type { ContainerServer, ExecutorContext } from '../create-server-executor';
import type { ScriptExecutionRequest, ScriptExecutionResult, ScriptObserver, ServerExecutor } from '../port';
import { JobFollower } from '../runner/job-follower';
import type { ScriptHandle } from '../script-handle';
import type { ContainerGround } from './container-ground';
import { engineGround } from './engine-ground';
import { checkHealth } from './health';

const MIB = 1024 * 1024;

/** Runs scripts in containers of one Docker engine, which this process has itself or asks a broker for. */
export class ContainerExecutor implements ServerExecutor {
  private readonly ground: ContainerGround;
  private readonly jobs: JobFollower;

  constructor(
    private readonly server: ContainerServer,
    context: ExecutorContext,
  ) {
    this.ground =
      context.broker === undefined
        ? engineGround(server, context)
        : new BrokerGround(server, context.broker, context);
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
    const machine = await this.ground.machine();
    return {
      at: new Date().toISOString(),
      cpu: { usedPercent: cpuPercent, limitCores: machine.cores },
      memory: { usedBytes: memoryBytes, limitBytes: machine.memoryBytes },
      disk: { usedBytes: diskBytes, limitBytes: resourceLimits.diskMb * maxConcurrentJobs * MIB },
      pool: this.ground.poolCounts(),
      host: this.hostRoom(),
      activeJobs: this.jobs.activeJobs,
    };
  }

  /** As the runner that told it last says. */
  private hostRoom(): ResourceUsage['host'] {
    const rooms = [
      ...this.ground.waitingRooms(),
      ...this.jobs.sessions.flatMap(({ hostRoom }) => hostRoom ?? []),
    ];
    const [last] = rooms.sort((a, b) => b.at - a.at);
    return last && { ...last, at: new Date(last.at).toISOString() };
  }
}
