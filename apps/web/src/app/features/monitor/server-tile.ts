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
    const { cpu, memory, disk } = this.server();
    return [
      {
        word: 'CPU',
        text: `${cpu.usedPercent.toFixed(0)} % of ${cpu.limitCores} cores`,
        share: shareOf(cpu.usedPercent, cpu.limitCores * 100),
      },
      { word: 'Memory', ...bytesGauge(memory) },
      { word: 'Disk', ...bytesGauge(disk) },
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

function bytesGauge({ usedBytes, limitBytes }: MonitoredServer['memory']): Omit<Gauge, 'word'> {
  return {
    text: `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)}`,
    share: shareOf(usedBytes, limitBytes),
  };
}

function shareOf(used: number, limit: number): number | null {
  return limit === 0 ? null : Math.min(1, used / limit);
}
