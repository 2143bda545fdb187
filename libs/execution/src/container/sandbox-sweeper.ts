import type Docker from 'dockerode';

import type { EngineContext } from '../create-server-executor';
import { LABELS, isJobName } from './container-spec';
import { removeContainer } from './sandbox';
import { isDead } from '../process-identity';

const SWEEP_MS = 60_000;
/** A sandbox that was created and not started within this time never will be. */
const CREATED_SECONDS = 60;

/**
 * Removes the sandboxes that a crash has left. They are found by label (installation, server). One that the stored handle of a job leads
 * to stays until the job has ended, whatever its state. Of the others
 *
 * - one named for a job is removed: its job was sent after its handle was stored, and has ended;
 * - any other is removed when it has ended, was never started, or its owner is surely dead. One of an owner that cannot be judged
 *   from here (another replica) is left: its runner ends itself when the owner's keep-alives stop, and then it has ended.
 */
export class SandboxSweeper {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly docker: Docker,
    private readonly context: EngineContext,
    private readonly serverId: string,
    private readonly isMine: (containerId: string) => boolean,
  ) {}

  /** Sweeps now, in the background, and then periodically. */
  start(): void {
    if (!this.timer) {
      this.timer = setInterval(() => void this.sweepQuietly(), SWEEP_MS);
      this.timer.unref();
      void this.sweepQuietly();
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.sweeping;
  }

  /** One sweep; the ids of what was removed. */
  async sweep(): Promise<string[]> {
    const orphans = await this.findOrphans();
    await Promise.all(orphans.map((id) => removeContainer(this.docker.getContainer(id))));
    return orphans;
  }

  private async findOrphans(): Promise<string[]> {
    const found = await this.docker.listContainers({
      all: true,
      filters: {
        label: [
          `${LABELS.installation}=${this.context.installationId}`,
          `${LABELS.server}=${this.serverId}`,
          `${LABELS.role}=sandbox`,
        ],
      },
    });
    const others = found.filter(({ Id }) => !this.isMine(Id));
    const ids = others.map(({ Id }) => Id);
    const inUse = ids.length > 0 ? await this.context.sandboxesInUse(ids) : new Set<string>();
    return (
      others
        // It may have been taken for a job while we asked.
        .filter((container) => !inUse.has(container.Id) && !this.isMine(container.Id))
        .filter((container) => isNamedForJob(container) || isUnusedOrphan(container))
        .map(({ Id }) => Id)
    );
  }

  private sweepQuietly(): Promise<void> {
    this.sweeping ??= this.sweep()
      .then(
        (removed) => {
          if (removed.length > 0) {
            this.context.onSwept(this.serverId, removed.length);
            this.context.logger.info(
              { serverId: this.serverId, removed },
              'Removed sandboxes that belonged to no job.',
            );
          }
        },
        (error: unknown) =>
          this.context.logger.warn(
            { serverId: this.serverId, err: error },
            'Could not look for orphaned sandboxes.',
          ),
      )
      .finally(() => (this.sweeping = undefined));
    return this.sweeping;
  }
}

function isNamedForJob({ Names: [name = ''] }: Docker.ContainerInfo): boolean {
  return isJobName(name);
}

function isUnusedOrphan({ State, Created, Labels }: Docker.ContainerInfo): boolean {
  switch (State) {
    case 'running':
    case 'paused':
      return isDead(Labels[LABELS.owner] ?? '');
    case 'created':
      return Date.now() / 1000 - Created > CREATED_SECONDS || isDead(Labels[LABELS.owner] ?? '');
    case 'removing':
      return false;
    default:
      return true;
  }
}
