import { Component, computed, input, output } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { MonitoredServer } from '@cronium/contracts';

import { HealthMark } from '../../shared/health/health-mark';
import { Icon } from '../../shared/icon/icon';
import { serverLooks } from '../../shared/look/looks';
import { formatBytes } from '../../shared/size/bytes';

/** A figure of its limit, for the meter; without a limit nobody knows it yet. */
interface Gauge {
  readonly word: string;
  readonly text: string;
  /** What its jobs use, where the rest is what all on the machine do. */
  readonly jobs: string | undefined;
  readonly share: number | null;
}

/** One server as it is now; chosen, its charts are shown. */
@Component({
  selector: 'cr-server-tile',
  imports: [HealthMark, Icon, RouterLink],
  templateUrl: './server-tile.html',
  styleUrl: './server-tile.scss',
  host: { class: 'card', '[class.chosen]': 'chosen()' },
})
export class ServerTile {
  readonly server = input.required<MonitoredServer>();
  readonly chosen = input(false);
  /** Whether there is another server whose charts could be shown. */
  readonly choosable = input(true);
  readonly choose = output();

  protected readonly look = computed(() => serverLooks[this.server().type]);
  protected readonly health = computed(() => {
    const { healthy, reason } = this.server();
    return { healthy, ...(reason === undefined ? {} : { reason: { code: '', message: reason } }) };
  });
  protected readonly gauges = computed<Gauge[]>(() => {
    const { cpu, memory, disk, machine } = this.server();
    const used = machine?.cpuPercent ?? cpu.usedPercent;
    return [
      {
        word: 'CPU',
        text: `${used.toFixed(0)} % of ${cpu.limitCores} cores`,
        jobs: machine && `${cpu.usedPercent.toFixed(0)} %`,
        share: shareOf(used, cpu.limitCores * 100),
      },
      {
        word: 'Memory',
        ...bytesGauge(machine?.memory ?? memory),
        jobs: machine && formatBytes(memory.usedBytes),
      },
      { word: 'Disk', ...bytesGauge(machine?.disk ?? disk), jobs: machine && formatBytes(disk.usedBytes) },
    ];
  });
  protected readonly facts = computed(() => {
    const { activeJobs, queued, pool } = this.server();
    const facts = [`${activeJobs.length} running`, `${queued} queued`];
    if (pool)
      facts.push(`${pool.ready} sandboxes ready${pool.starting ? `, ${pool.starting} starting` : ''}`);
    return facts;
  });
}

function bytesGauge({ usedBytes, limitBytes }: MonitoredServer['memory']): Pick<Gauge, 'text' | 'share'> {
  return {
    text: `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)}`,
    share: shareOf(usedBytes, limitBytes),
  };
}

function shareOf(used: number, limit: number): number | null {
  return limit === 0 ? null : Math.min(1, used / limit);
}
