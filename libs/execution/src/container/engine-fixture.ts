import { type ContainerConfig, containerConfigSchema } from '@cronium/server-types';
import Docker from 'dockerode';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import type { ExecutorContext, ExecutorServer } from '../create-server-executor';
import { ContainerExecutor } from './container-executor';
import { LABELS, jobName } from './container-spec';

const SECCOMP_PROFILE = join(__dirname, '../../../../docker/executor/seccomp-profile.json');

/** For tests: an installation of its own on the real engine, and what is left of it there. */
export class EngineFixture {
  readonly docker = new Docker({ socketPath: '/var/run/docker.sock' });
  readonly installationId = `test-${randomUUID()}`;
  readonly liveJobs = new Set<string>();
  readonly server: ExecutorServer;
  readonly context: ExecutorContext;

  constructor(config: Partial<ContainerConfig> = {}) {
    const containerConfig = containerConfigSchema.parse({
      containerName: `cronium-${this.installationId}`,
      pool: { size: 2, refillConcurrency: 2 },
      ...config,
    });
    this.server = { id: randomUUID(), type: 'container', containerConfig };
    this.context = {
      installationId: this.installationId,
      dockerHost: undefined,
      seccompProfilePath: SECCOMP_PROFILE,
      liveJobs: (ids) => Promise.resolve(new Set(ids.filter((id) => this.liveJobs.has(id)))),
      logger: {
        debug: () => undefined,
        info: () => undefined,
        warn: () => undefined,
        error: () => undefined,
      },
    };
  }

  /** Fails with what to do when the engine or the image is not there. */
  async verify(): Promise<void> {
    try {
      await this.docker.getImage(this.server.containerConfig.image).inspect();
    } catch (cause) {
      throw new Error(
        'These tests need a Docker engine with the executor image: node tools/image/build.mjs',
        { cause },
      );
    }
  }

  createExecutor(): ContainerExecutor {
    return new ContainerExecutor(this.server, this.context);
  }

  async containers(): Promise<Docker.ContainerInfo[]> {
    return this.docker.listContainers({
      all: true,
      filters: { label: [`${LABELS.installation}=${this.installationId}`] },
    });
  }

  /** Whether the job's sandbox exists when removals that are under way have ended. */
  async sandboxRemains(jobId: string): Promise<boolean> {
    const container = this.docker.getContainer(jobName(jobId));
    // The engine answers when it is gone; at once when it is gone already.
    return container.wait({ condition: 'removed' }).then(
      () => false,
      (error: unknown) => !(error instanceof Error && 'statusCode' in error && error.statusCode === 404),
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(
      (await this.containers()).map(({ Id }) => this.docker.getContainer(Id).remove({ force: true })),
    );
  }
}
