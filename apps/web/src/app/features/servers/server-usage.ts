import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, inject, input } from '@angular/core';
import type { ResourceUsage } from '@cronium/server-types';

import { formatBytes } from '../../shared/size/bytes';
import { DurationPipe } from '../../shared/time/duration';
import { usageUrl } from './server-api';

const refreshMs = 5000;

interface Gauge {
  readonly word: string;
  readonly text: string;
  readonly used: number;
  readonly limit: number;
  readonly jobs: string | undefined;
}

/** What a server uses now, asked again while the page is looked at. A server that does not answer shows nothing here; its health says why. */
@Component({
  selector: 'cr-server-usage',
  imports: [DurationPipe],
  template: `
    @if (now(); as usage) {
      <dl class="card" aria-label="Use" data-testid="usage">
        @for (gauge of gauges(); track gauge.word) {
          <div>
            <dt>{{ gauge.word }}</dt>
            <dd>{{ gauge.text }}</dd>
            <meter min="0" [max]="gauge.limit" [value]="gauge.used"></meter>
            @if (gauge.jobs) {
              <span class="jobs">its jobs {{ gauge.jobs }}</span>
            }
          </div>
        }
        @if (usage.load; as load) {
          <div>
            <dt>Load (1, 5, 15 minutes)</dt>
            <dd>
              {{ load.oneMinute.toFixed(2) }}, {{ load.fiveMinutes.toFixed(2) }},
              {{ load.fifteenMinutes.toFixed(2) }}
            </dd>
          </div>
        }
        @if (usage.uptimeSeconds; as seconds) {
          <div>
            <dt>Up for</dt>
            <dd>{{ seconds * 1000 | duration }}</dd>
          </div>
        }
        @if (usage.pool; as pool) {
          <div>
            <dt>Sandboxes</dt>
            <dd>{{ pool.ready }} ready, {{ pool.starting }} starting, {{ pool.inUse }} in use</dd>
          </div>
        }
      </dl>
    }
  `,
  styles: `
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fill, minmax(200px, 1fr));
      gap: 12px 24px;
      padding: 16px;
    }
    dt {
      color: var(--text-muted);
      font-size: var(--text-small);
    }
    dd {
      font-weight: 550;
      font-variant-numeric: tabular-nums;
    }
    meter {
      width: 100%;
      height: 10px;
    }
    .jobs {
      color: var(--text-muted);
      font-size: var(--text-small);
      font-variant-numeric: tabular-nums;
    }
  `,
})
export class ServerUsage {
  readonly id = input.required<string>();

  private readonly usage = httpResource<ResourceUsage>(() => usageUrl(this.id()));
  protected readonly now = computed(() => (this.usage.hasValue() ? this.usage.value() : undefined));

  /** Of a container server the machine's, where it tells; and beside it what its own jobs use. */
  protected readonly gauges = computed<Gauge[]>(() => {
    const usage = this.now();
    return usage ? gaugesOf(usage) : [];
  });

  constructor() {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.usage.isLoading()) this.usage.reload();
    }, refreshMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}

function gaugesOf({ cpu, memory, disk, host }: ResourceUsage): Gauge[] {
  const machine = host && {
    memory: {
      usedBytes: host.memoryTotalBytes - host.memoryAvailableBytes,
      limitBytes: host.memoryTotalBytes,
    },
    disk: { usedBytes: host.diskTotalBytes - host.diskFreeBytes, limitBytes: host.diskTotalBytes },
  };
  const used = host?.cpuPercent ?? cpu.usedPercent;
  return [
    {
      ...{ word: 'CPU', used, limit: cpu.limitCores * 100 },
      text: `${used.toFixed(0)} % of ${cpu.limitCores} cores`,
      jobs: host && `${cpu.usedPercent.toFixed(0)} %`,
    },
    bytesGauge('Memory', machine?.memory ?? memory, machine && memory.usedBytes),
    bytesGauge('Disk', machine?.disk ?? disk, machine && disk.usedBytes),
  ];
}

function bytesGauge(
  word: string,
  { usedBytes, limitBytes }: ResourceUsage['memory'],
  jobsBytes: number | undefined,
): Gauge {
  return {
    ...{ word, used: usedBytes, limit: limitBytes },
    text: `${formatBytes(usedBytes)} of ${formatBytes(limitBytes)}`,
    jobs: jobsBytes === undefined ? undefined : formatBytes(jobsBytes),
  };
}
