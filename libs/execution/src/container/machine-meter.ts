import type { ResourceUsage } from '@cronium/server-types';

import type { HostRoom } from '../runner/messages';

/** The shortest span that says something about the processors. */
const SPAN_MS = 5000;

interface Ticks {
  readonly at: number;
  readonly busy: number;
  readonly all: number;
}

/** Puts in the product's words what runners say of their machine. Processor time is the difference to what was said before. */
export class MachineMeter {
  private before: Ticks = { at: 0, busy: 0, all: 0 };
  /** At first what was used since the machine was started. */
  private latest = this.before;

  read(room: HostRoom, cores: number): Pick<ResourceUsage, 'host' | 'load' | 'uptimeSeconds'> {
    const { at, busyTicks, allTicks, load, uptimeSeconds, ...left } = room;
    if (busyTicks !== undefined && allTicks !== undefined) {
      this.note({ at, busy: busyTicks, all: allTicks });
    }
    return {
      host: {
        at: new Date(at).toISOString(),
        ...left,
        ...(busyTicks !== undefined && { cpuPercent: this.cpuPercent(cores) }),
      },
      ...(load && { load: { oneMinute: load[0], fiveMinutes: load[1], fifteenMinutes: load[2] } }),
      ...(uptimeSeconds !== undefined && { uptimeSeconds }),
    };
  }

  /** All runners of an engine count the same ticks. Those that spoke within a moment of each other have nothing between them. */
  private note(ticks: Ticks): void {
    if (ticks.at - this.latest.at < SPAN_MS) return;
    this.before = this.latest;
    this.latest = ticks;
  }

  /** Of one core. */
  private cpuPercent(cores: number): number {
    const [busy, all] = [this.latest.busy - this.before.busy, this.latest.all - this.before.all];
    return all > 0 ? Math.max(0, (100 * cores * busy) / all) : 0;
  }
}
