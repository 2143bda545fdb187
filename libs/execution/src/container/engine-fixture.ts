import { type ContainerConfig, containerConfigSchema } from '@cronium/server-types';
import Docker from 'dockerode';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

import type { ContainerServer, ExecutorContext } from '../create-server-executor';
import { deferred } from '../deferred';
import type { ScriptHandle } from '../script-handle';
import { ContainerExecutor } from './container-executor';
import { RUNNER_FOLDERS } from '../contract/runner-folders';
import { LABELS } from './container-spec';
import { dockerOptions } from './docker-options';
import { removeContainer } from './sandbox';

const SECCOMP_PROFILE = join(__dirname, '../../../../docker/executor/seccomp-profile.json');

/** For tests: an installation of its own on the real engine, and what is left of it there. */
export class EngineFixture {
  readonly docker: Docker;
  readonly installationId = `test-${randomUUID()}`;
  /** Containers that stored handles lead to: as if each job had been stored, all, unless a test of sweeping names them. */
  sandboxesInUse: Set<string> | undefined;
  private readonly executors: ContainerExecutor[] = [];
  readonly server: ContainerServer;
  readonly context: ExecutorContext;

  /** @param dockerHost the engine, as in DOCKER_HOST; the machine's, unless CRONIUM_TEST_ENGINE names one to try (docs/testing.md) */
  constructor(config: Partial<ContainerConfig> = {}, dockerHost = process.env['CRONIUM_TEST_ENGINE']) {
    this.docker = new Docker(dockerOptions(dockerHost));
    const containerConfig = containerConfigSchema.parse({
      containerName: `cronium-${this.installationId}`,
      pool: { size: 2, refillConcurrency: 2 },
      ...config,
    });
    this.server = { id: randomUUID(), type: 'container', containerConfig };
    this.context = {
      installationId: this.installationId,
      dockerHost,
      broker: undefined,
      seccompProfilePath: SECCOMP_PROFILE,
      runnerFolders: RUNNER_FOLDERS,
      onHostKeyOffered: () => undefined,
      onSwept: () => undefined,
      sandboxesInUse: (ids) => Promise.resolve(this.sandboxesInUse ?? new Set(ids)),
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
        'These tests need a Docker engine with the executor image. `npm start` and `npm test` see to both.',
        { cause },
      );
    }
  }

  /** `dispose` disconnects it, if the test did not come to that. */
  createExecutor(
    context: Partial<ExecutorContext> = {},
    server: ContainerServer = this.server,
  ): ContainerExecutor {
    const executor = new ContainerExecutor(server, { ...this.context, ...context });
    this.executors.push(executor);
    return executor;
  }

  async containers(): Promise<Docker.ContainerInfo[]> {
    return this.docker.listContainers({
      all: true,
      filters: { label: [`${LABELS.installation}=${this.installationId}`] },
    });
  }

  /** Resolves when this installation's containers are as wanted; asked anew at each event of theirs. */
  async untilContainers(wanted: (containers: Docker.ContainerInfo[]) => boolean): Promise<void> {
    const events = (await this.docker.getEvents({
      filters: { type: ['container'], label: [`${LABELS.installation}=${this.installationId}`] },
    })) as Readable;
    let news = deferred<void>();
    events.on('data', () => news.resolve());
    // Made anew before asking: what happens while the engine answers is not missed.
    for (let met = false; !met;) {
      news = deferred<void>();
      met = wanted(await this.containers());
      await (met || news.promise);
    }
    events.destroy();
  }

  /** Whether the job's own sandbox exists when removals that are under way have ended. */
  async sandboxRemains({ location }: ScriptHandle): Promise<boolean> {
    if (location['isolation'] !== 'job') return false;
    const container = this.docker.getContainer(location['containerId'] ?? '');
    // The engine answers when it is gone; at once when it is gone already.
    return container.wait({ condition: 'removed' }).then(
      () => false,
      (error: unknown) => !(error instanceof Error && 'statusCode' in error && error.statusCode === 404),
    );
  }

  async dispose(): Promise<void> {
    await Promise.all(this.executors.map((executor) => executor.disconnect()));
    await Promise.all(
      (await this.containers()).map(({ Id }) => removeContainer(this.docker.getContainer(Id))),
    );
  }
}
