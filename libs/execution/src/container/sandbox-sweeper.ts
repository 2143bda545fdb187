import type Docker from 'dockerode';

import type { ExecutorContext } from '../create-server-executor';
import { LABELS, jobOfName } from './container-spec';
import { removeContainer } from './sandbox';
import { isDead } from '../process-identity';

const SWEEP_MS = 60_000;
/** A sandbox that was created and not started within this time never will be. */
const CREATED_SECONDS = 60;

/**
 * Removes the sandboxes that a crash has left. They are found by label (installation, server) and told apart by name:
 *
 * - one named for a job is removed when the job can no longer be resumed (`liveJobs`), whatever its state;
 * - a warm one is removed when it has ended, was never started, or its owner is surely dead. One of an owner that cannot be judged
 *   from here (another replica) is left: its runner ends itself when the owner's keep-alives stop, and then it has ended.
 */
export class SandboxSweeper {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;

  constructor(
    private readonly docker: Docker,
    private readonly context: ExecutorContext,
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
    const jobOf = new Map(others.map(({ Id, Names }) => [Id, jobOfName(Names[0] ?? '')]));
    const jobs = [...jobOf.values()].filter((job) => job !== undefined);
    const live = jobs.length > 0 ? await this.context.liveJobs(jobs) : new Set<string>();
    return others
      .filter((container) => {
        const job = jobOf.get(container.Id);
        // It may have been taken for a job while we asked.
        return !this.isMine(container.Id) && (job === undefined ? isUnusedOrphan(container) : !live.has(job));
      })
      .map(({ Id }) => Id);
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
