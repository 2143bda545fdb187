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
import { UsageMeter } from './usage-meter';

/** Runs scripts in containers of one Docker engine. */
export class ContainerExecutor implements ServerExecutor {
  private readonly docker: Docker;
  private readonly ground: ContainerGround;
  private readonly jobs: JobFollower;
  private readonly usage: UsageMeter;
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
    this.usage = new UsageMeter(this.docker);
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
    try {
      const ids = await this.ground.containerIds();
      return {
        ...(await this.usage.measure(ids, resourceLimits.diskMb * maxConcurrentJobs)),
        pool: this.ground.poolCounts(),
        activeJobs: this.jobs.activeJobs,
      };
    } catch (cause) {
      throw engineError(cause, 'measuring its containers');
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
