import type { HealthStatus, ResourceUsage } from '@cronium/server-types';
import type Docker from 'dockerode';
import { readFile } from 'node:fs/promises';

import type { ContainerServer, ExecutorContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
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
import type { SpecContext } from './container-spec';
import { connectEngine } from './engine';
import { engineError } from './engine-errors';
import { checkHealth } from './health';
import { MachineMeter } from './machine-meter';
import { SandboxGround } from './sandbox-ground';
import { thisProcess } from '../process-identity';
import { SharedGround } from './shared-ground';

const MIB = 1024 * 1024;
/** A little less than a minute, so that who looks once a minute finds it new. */
const ASK_AGAIN_MS = 50_000;

/** Runs scripts in containers of one Docker engine. */
export class ContainerExecutor implements ServerExecutor {
  private readonly docker: Docker;
  private readonly ground: ContainerGround;
  private readonly jobs: JobFollower;
  private readonly meter = new MachineMeter();
  private asked: Promise<HostRoom | undefined> | undefined;
  private askedAt = -Infinity;
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
    const [machine, room] = await Promise.all([this.machine(), this.hostRoom()]);
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
    const told = [...this.ground.waitingSessions(), ...this.jobs.sessions].flatMap(
      ({ hostRoom }) => hostRoom ?? [],
    );
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
