import type { HealthStatus, ResourceUsage } from '@cronium/server-types';

import type { ExecutorContext } from '../create-server-executor';
import type {
  Leftovers,
  ScriptExecutionRequest,
  ScriptExecutionResult,
  ScriptObserver,
  ServerExecutor,
} from '../port';
import { JobFollower } from '../runner/job-follower';
import type { ScriptHandle } from '../script-handle';
import { ConnectionPool } from './connection-pool';
import { checkHealth } from './health';
import { SshGround } from './ssh-ground';
import type { SshServer } from './ssh-server';
import { UsageMeter } from './usage-meter';

/** Runs scripts on one ssh host, as the user it signs in as. */
export class SshExecutor implements ServerExecutor {
  private readonly pool: ConnectionPool;
  private readonly ground: SshGround;
  private readonly jobs: JobFollower;
  private readonly usage: UsageMeter;

  constructor(
    private readonly server: SshServer,
    context: ExecutorContext,
  ) {
    this.pool = new ConnectionPool(server, (serverId, offered) =>
      context.onHostKeyOffered(serverId, offered),
    );
    this.ground = new SshGround(server, context, this.pool);
    this.jobs = new JobFollower(this.ground, ({ location }, err) =>
      context.logger.warn(
        { serverId: server.id, location, err },
        'What is left of a job could not be removed.',
      ),
    );
    this.usage = new UsageMeter(server, this.pool);
  }

  /** Signs in, places the runner and starts one ahead, so that the first job need not; in the background, since a host may be away. */
  connect(): Promise<void> {
    this.pool.keepWarm();
    this.ground.open();
    return Promise.resolve();
  }

  async disconnect(): Promise<void> {
    await Promise.all([this.ground.close(), this.jobs.release()]);
    await this.pool.close();
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

  checkHealth(): Promise<HealthStatus> {
    return checkHealth(this.server, this.ground);
  }

  async getResourceUsage(): Promise<ResourceUsage> {
    return { ...(await this.usage.measure()), activeJobs: this.jobs.activeJobs };
  }

  removeLeftovers(): Promise<Leftovers> {
    return this.ground.sweep();
  }
}
