import type { ContainerConfig } from '@cronium/server-types';

import { ContainerExecutor } from './container/container-executor';
import type { ServerExecutor } from './port';

/** A server as the engine sees it: where to run, and nothing of who may. */
export interface ExecutorServer {
  readonly id: string;
  readonly type: 'container';
  readonly containerConfig: ContainerConfig;
}

/** What an executor needs from the process it lives in. */
export interface ExecutorContext {
  /** Marks sandboxes as this installation's, so that two installations on one engine leave each other's alone. */
  readonly installationId: string;
  /** Engine address as in DOCKER_HOST (`unix:///…`, `tcp://…`); undefined for the platform's default. */
  readonly dockerHost: string | undefined;
  /** Path of the seccomp profile (JSON) that every sandbox gets. */
  readonly seccompProfilePath: string;
  /** Which of these jobs may still be resumed: a sandbox of any other is an orphan, and is removed. */
  liveJobs(jobIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Structured log; `error` and `warn` are for what an operator should see. */
  readonly logger: ExecutorLogger;
}

export interface ExecutorLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The one place that knows which executor serves which server type. */
export function createServerExecutor(server: ExecutorServer, context: ExecutorContext): ServerExecutor {
  // Widened: the row may hold a type that this version does not know.
  const type: string = server.type;
  switch (type) {
    case 'container':
      return new ContainerExecutor(server, context);
    default:
      throw new Error(`No executor for server type "${type}".`);
  }
}
