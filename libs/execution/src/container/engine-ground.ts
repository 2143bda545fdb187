import type { ContainerServer, EngineContext } from '../create-server-executor';
import { ContainerEngine } from './container-engine';
import type { ContainerGround } from './container-ground';
import { NamespaceGround } from './namespace-ground';
import { SandboxGround } from './sandbox-ground';
import { SharedGround } from './shared-ground';

/** Where a server's jobs run on an engine that this process has: the one place that knows which isolation is which. */
export function engineGround(server: ContainerServer, context: EngineContext): ContainerGround {
  const engine = new ContainerEngine(server, context);
  switch (server.containerConfig.isolation) {
    case 'job':
      return new SandboxGround(engine, server, context);
    case 'namespace':
      return new NamespaceGround(engine, server, context);
    case 'shared':
      return new SharedGround(engine, server, context);
  }
}
