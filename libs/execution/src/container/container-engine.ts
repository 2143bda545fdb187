import { readFile } from 'node:fs/promises';

import type Docker from 'dockerode';

import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import { thisProcess } from '../process-identity';
import type { Machine } from './container-ground';
import type { SpecContext } from './container-spec';
import { connectEngine } from './engine';
import { engineError } from './engine-errors';

/** One Docker engine, and what a server's containers on it are made from. */
export class ContainerEngine {
  readonly docker: Docker;
  private info: Promise<{ NCPU: number; MemTotal: number }> | undefined;
  private seccompProfile: Promise<string> | undefined;

  constructor(
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {
    this.docker = connectEngine(context.dockerHost);
  }

  /** Asked once: an engine's machine does not change under it. */
  async machine(): Promise<Machine> {
    try {
      this.info ??= this.docker.info() as Promise<{ NCPU: number; MemTotal: number }>;
      const { NCPU: cores, MemTotal: memoryBytes } = await this.info;
      return { cores, memoryBytes };
    } catch (cause) {
      this.info = undefined;
      throw engineError(cause, 'asking for its machine');
    }
  }

  async spec(): Promise<SpecContext> {
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
