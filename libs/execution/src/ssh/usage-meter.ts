import type { ResourceUsage } from '@cronium/server-types';

import type { ConnectionPool } from './connection-pool';
import { type HostSample, USAGE_SCRIPT, parseUsage } from '../machine/usage-sample';
import { runShell } from './shell-command';
import type { SshServer } from './ssh-server';

/** The shortest span that says something about the processor. */
const SPAN_MS = 250;
/** A sample before that is too old to tell of now. */
const STALE_MS = 10 * 60_000;

/** Measures a whole host. Processor time is the difference to the measurement before, or over a moment when there is none. */
export class UsageMeter {
  private before: { readonly atMs: number; readonly sample: HostSample } | undefined;

  constructor(
    private readonly server: SshServer,
    private readonly pool: ConnectionPool,
  ) {}

  async measure(): Promise<Omit<ResourceUsage, 'pool' | 'activeJobs'>> {
    let { before } = this;
    let now = await this.sample();
    if (now.sample.busyTicks !== undefined && (!before || now.atMs - before.atMs > STALE_MS)) {
      before = now;
      await new Promise((resolve) => setTimeout(resolve, SPAN_MS));
      now = await this.sample();
    }
    this.before = now;
    const { cores, memory, disk, load, uptimeSeconds } = now.sample;
    return {
      at: new Date().toISOString(),
      cpu: { usedPercent: cpuPercent(before?.sample, now.sample), limitCores: cores },
      memory,
      disk,
      load,
      ...(uptimeSeconds !== undefined && { uptimeSeconds }),
    };
  }

  private async sample(): Promise<{ atMs: number; sample: HostSample }> {
    const text = await runShell(this.server, this.pool, USAGE_SCRIPT);
    return { atMs: performance.now(), sample: parseUsage(text) };
  }
}

/** Of one core. */
function cpuPercent(before: HostSample | undefined, now: HostSample): number {
  if (now.busyTicks === undefined || now.allTicks === undefined) {
    return now.cpuPercent ?? 0;
  }
  const all = now.allTicks - (before?.allTicks ?? 0);
  const busy = now.busyTicks - (before?.busyTicks ?? 0);
  return all > 0 ? Math.max(0, (100 * now.cores * busy) / all) : 0;
}
