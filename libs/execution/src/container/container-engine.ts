import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

import type { ContainerRuntime } from '@cronium/server-types';
import type Docker from 'dockerode';
import type { DockerVersion } from 'dockerode';

import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import { thisProcess } from '../process-identity';
import type { Machine } from './container-ground';
import type { SpecContext } from './container-spec';
import { connectEngine } from './engine';
import { delegatesCgroups, type EngineInfo, requireAbilities } from './engine-abilities';
import { engineError } from './engine-errors';

/** One Docker engine, and what a server's containers on it are made from. */
export class ContainerEngine {
  readonly docker: Docker;
  private known: Promise<EngineInfo> | undefined;
  private version: Promise<DockerVersion> | undefined;
  private seccompProfile: Promise<string> | undefined;

  constructor(
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {
    this.docker = connectEngine(context.dockerHost);
  }

  get runtime(): ContainerRuntime {
    return this.server.containerConfig.runtime;
  }

  /** Asked once: an engine's machine does not change under it. */
  async machine(): Promise<Machine> {
    const { NCPU: cores, MemTotal: memoryBytes } = await this.info();
    return { cores, memoryBytes };
  }

  /** Rejects when the engine would not start containers as it is told. It is asked again only after it could not: Podman takes seconds to answer. */
  async requireAbilities(): Promise<void> {
    try {
      requireAbilities(await this.info(), this.runtime);
    } catch (error) {
      this.known = undefined;
      throw error;
    }
  }

  /** What its containers are made from. Rejects as `requireAbilities`. */
  async spec(): Promise<SpecContext> {
    await this.requireAbilities();
    const seccompProfile = await (this.seccompProfile ??= this.readSeccompProfile());
    const [info, version] = [await this.info(), await this.versions()];
    return {
      installationId: this.context.installationId,
      serverId: this.server.id,
      owner: thisProcess(),
      image: this.server.containerConfig.image,
      runtime: this.runtime,
      defaultRuntime: info.DefaultRuntime,
      seccompProfile,
      delegatesCgroups: !isPodman(version) && delegatesCgroups(info, version.ApiVersion ?? ''),
      podman: isPodman(version) ? { seccompFile: resolve(this.context.seccompProfilePath) } : undefined,
    };
  }

  /** An old engine leaves some of it out. */
  private async versions(): Promise<Partial<DockerVersion>> {
    try {
      return await (this.version ??= this.docker.version());
    } catch (cause) {
      this.version = undefined;
      throw engineError(cause, 'asking for its version');
    }
  }

  private async info(): Promise<EngineInfo> {
    try {
      this.known ??= this.docker.info() as Promise<EngineInfo>;
      return await this.known;
    } catch (cause) {
      this.known = undefined;
      throw engineError(cause, 'asking for its machine');
    }
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

const isPodman = ({ Components: components }: Partial<DockerVersion>): boolean =>
  components?.some(({ Name: name }) => /podman/i.test(name)) ?? false;
