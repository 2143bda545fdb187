import type { ContainerConfig, HostKey } from '@cronium/server-types';

import { ContainerExecutor } from './container/container-executor';
import type { RemoteBroker } from './broker/broker-access';
import type { ServerExecutor } from './port';
import type { RunnerFolders } from './runner/runner-files';
import { SshExecutor } from './ssh/ssh-executor';
import type { SshServer } from './ssh/ssh-server';

/** A server of type `container`. */
export interface ContainerServer {
  readonly id: string;
  readonly type: 'container';
  readonly containerConfig: ContainerConfig;
  /** On another machine; undefined where the containers are on this one. */
  readonly broker?: RemoteBroker | undefined;
}

/** A server as the engine sees it: where to run, and nothing of who may. */
export type ExecutorServer = ContainerServer | SshServer;

/** What containers on an engine need from the process that opens them. */
export interface EngineContext {
  /** Marks sandboxes as this installation's, so that two installations on one engine leave each other's alone. */
  readonly installationId: string;
  /** Engine address as in DOCKER_HOST (`unix:///…`, `tcp://…`); undefined for the platform's default. */
  readonly dockerHost: string | undefined;
  /** Path of the seccomp profile (JSON) that every sandbox gets. */
  readonly seccompProfilePath: string;
  /** So many sandboxes that belonged to no job were removed. */
  onSwept(serverId: string, count: number): void;
  /** Which of these containers the stored handle of a job that has not ended names: any other that is at work is an orphan. */
  sandboxesInUse(containerIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Structured log; `error` and `warn` are for what an operator should see. */
  readonly logger: ExecutorLogger;
}

/** What an executor needs from the process it lives in. */
export interface ExecutorContext extends EngineContext {
  /** Where the sandbox broker listens (`unix:///…`); undefined where this process has the engine itself. */
  readonly broker: string | undefined;
  /** Where the files are that ssh hosts get a copy of. */
  readonly runnerFolders: RunnerFolders;
  /**
   * An ssh host has shown another key than the pinned one, or none is pinned. Called at each connection that failed for it; the
   * server is the one that was asked, which may be a jump host of the executor's.
   */
  onHostKeyOffered(serverId: string, offered: HostKey): void;
}

export interface ExecutorLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The one place that knows which executor serves which server type. */
export function createServerExecutor(server: ExecutorServer, context: ExecutorContext): ServerExecutor {
  switch (server.type) {
    case 'container':
      return new ContainerExecutor(server, context);
    case 'ssh':
      return new SshExecutor(server, context);
    default: {
      // The row may hold a type that this version does not know.
      const { type } = server as { readonly type: string };
      throw new Error(`No executor for server type "${type}".`);
    }
  }
}
