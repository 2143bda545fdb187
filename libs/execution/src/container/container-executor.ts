import type { HealthStatus, ResourceUsage } from '@cronium/server-types';
import type Docker from 'dockerode';
import { readFile } from 'node:fs/promises';

import type { ContainerServer, ExecutorContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import type { ScriptExecutionRequest, ScriptExecutionResult, ScriptObserver, ServerExecutor } from '../port';
import { JobFollower } from '../runner/job-follower';
import type { ScriptHandle } from '../script-handle';
import type { ContainerGround } from './container-ground';
import type { SpecContext } from './container-spec';
import { connectEngine } from './engine';
import { engineError } from './engine-errors';
import { checkHealth } from './health';
import { SandboxGround } from './sandbox-ground';
import { thisProcess } from '../process-identity';
import { SharedGround } from './shared-ground';

const MIB = 1024 * 1024;

/** Runs scripts in containers of one Docker engine. */
export class ContainerExecutor implements ServerExecutor {
  private readonly docker: Docker;
  private readonly ground: ContainerGround;
  private readonly jobs: JobFollower;
  private info: Promise<{ NCPU: number; MemTotal: number }> | undefined;
  private seccompProfile: Promise<string> | undefined;

  constructor(
    private readonly server: ContainerServer,
    private readonly context: ExecutorContext,
  ) {
    this.docker = connectEngine(context.dockerHost);
    const Ground = server.containerConfig.isolation === 'job' ? SandboxGround : SharedGround;
    this.ground = new Ground(this.docker, server, context, () => this.specContext());
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
    return checkHealth(this.docker, () => this.ground.check());
  }

  async getResourceUsage(): Promise<ResourceUsage> {
    const { resourceLimits, maxConcurrentJobs } = this.server.containerConfig;
    const { cpuPercent, memoryBytes, diskBytes } = this.jobs.usage;
    const machine = await this.machine();
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
    const rooms = [...this.ground.waitingSessions(), ...this.jobs.sessions].flatMap(
      ({ hostRoom }) => hostRoom ?? [],
    );
    const [last] = rooms.sort((a, b) => b.at - a.at);
    return last && { ...last, at: new Date(last.at).toISOString() };
  }

  /** Asked once: an engine's machine does not change under it. */
  private async machine(): Promise<{ cores: number; memoryBytes: number }> {
    try {
      this.info ??= this.docker.info() as Promise<{ NCPU: number; MemTotal: number }>;
      const { NCPU: cores, MemTotal: memoryBytes } = await this.info;
      return { cores, memoryBytes };
    } catch (cause) {
      this.info = undefined;
      throw engineError(cause, 'asking for its machine');
    }
  }

  private async specContext(): Promise<SpecContext> {
    this.seccompProfile ??= this.readSeccompProfile();
    return {
      installationId: this.context.installationId,
      serverId: this.server.id,
      owner: thisProcess(),
      image: this.server.containerConfig.image,
      seccompProfile: await this.seccompProfile,
    };
  }

  private async readSeccompProfile(): Promise<string> {
    const path = this.context.seccompProfilePath;
    try {
      // Without its blanks: the profile travels with every container.
      return JSON.stringify(JSON.parse(await readFile(path, 'utf8')));
    } catch (cause) {
      this.seccompProfile = undefined;
      throw new ExecutionError('internal_error', `The seccomp profile ${path} cannot be read.`, { cause });
    }
  }
}
