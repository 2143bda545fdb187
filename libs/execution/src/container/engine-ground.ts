import { type Isolation, isolationSchema, type ResourceUsage } from '@cronium/server-types';

import type { ContainerServer, EngineContext } from '../create-server-executor';
import type { Leftovers } from '../port';
import type { Placement } from '../runner/job-ground';
import type { HostRoom } from '../runner/messages';
import type { ScriptHandle } from '../script-handle';
import { ContainerEngine } from './container-engine';
import type { ContainerGround, Machine } from './container-ground';
import { NamespaceGround } from './namespace-ground';
import { SandboxGround } from './sandbox-ground';
import { SharedGround } from './shared-ground';

/** Where a server's jobs run on an engine that this process has. */
export function engineGround(server: ContainerServer, context: EngineContext): ContainerGround {
  return new EngineGround(server, context);
}

/** The one place that knows which isolation is which. */
function groundOf(isolation: Isolation, server: ContainerServer, context: EngineContext): ContainerGround {
  const engine = new ContainerEngine(server, context);
  switch (isolation) {
    case 'job':
      return new SandboxGround(engine, server, context);
    case 'namespace':
      return new NamespaceGround(engine, server, context);
    case 'shared':
      return new SharedGround(engine, server, context);
  }
}

/** Places jobs as the server's isolation says, and finds also those that were placed when it said something else. */
class EngineGround implements ContainerGround {
  private readonly present: ContainerGround;
  /** Of former isolations, made when a job of theirs is looked for; they start nothing. */
  private readonly former = new Map<Isolation, ContainerGround>();

  constructor(
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {
    this.present = groundOf(server.containerConfig.isolation, server, context);
  }

  get patienceSeconds(): number {
    return this.present.patienceSeconds;
  }

  open(): Promise<void> {
    return this.present.open();
  }

  async close(): Promise<void> {
    const grounds = [this.present, ...this.former.values()];
    this.former.clear();
    await Promise.all(grounds.map((ground) => ground.close()));
  }

  place(...job: Parameters<ContainerGround['place']>): Promise<Placement> {
    return this.present.place(...job);
  }

  find(handle: ScriptHandle): Promise<Placement> {
    return this.groundWith(handle.location['isolation']).find(handle);
  }

  check(): Promise<void> {
    return this.present.check();
  }

  poolCounts(): ResourceUsage['pool'] {
    return this.present.poolCounts();
  }

  waitingRooms(): readonly HostRoom[] {
    return this.present.waitingRooms();
  }

  machine(): Promise<Machine> {
    return this.present.machine();
  }

  measure(): Promise<HostRoom | undefined> {
    return this.present.measure();
  }

  sweep(): Promise<Leftovers> {
    return this.present.sweep();
  }

  /** A location that names no isolation is left to the present one, which says what is wrong with it. */
  private groundWith(name: string | undefined): ContainerGround {
    const isolation = isolationSchema.safeParse(name).data;
    if (isolation === undefined || isolation === this.server.containerConfig.isolation) return this.present;
    const known = this.former.get(isolation) ?? groundOf(isolation, this.server, this.context);
    this.former.set(isolation, known);
    return known;
  }
}
