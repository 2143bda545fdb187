import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, inject, input } from '@angular/core';
import type { ResourceUsage } from '@cronium/server-types';

import { BytesPipe } from '../../shared/size/bytes';
import { DurationPipe } from '../../shared/time/duration';
import { usageUrl } from './server-api';

const refreshMs = 5000;

/** What a server uses now, asked again while the page is looked at. A server that does not answer shows nothing here; its health says why. */
@Component({
  selector: 'cr-server-usage',
  imports: [BytesPipe, DurationPipe],
  template: `
    @if (now(); as usage) {
      <dl class="card" aria-label="Use" data-testid="usage">
        <div>
          <dt>CPU</dt>
          <dd>{{ usage.cpu.usedPercent.toFixed(0) }} % of {{ usage.cpu.limitCores }} cores</dd>
          <meter min="0" [max]="usage.cpu.limitCores * 100" [value]="usage.cpu.usedPercent"></meter>
        </div>
        <div>
          <dt>Memory</dt>
          <dd>{{ usage.memory.usedBytes | bytes }} of {{ usage.memory.limitBytes | bytes }}</dd>
          <meter min="0" [max]="usage.memory.limitBytes" [value]="usage.memory.usedBytes"></meter>
        </div>
        <div>
          <dt>Disk</dt>
          <dd>{{ usage.disk.usedBytes | bytes }} of {{ usage.disk.limitBytes | bytes }}</dd>
          <meter min="0" [max]="usage.disk.limitBytes" [value]="usage.disk.usedBytes"></meter>
        </div>
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
  `,
})
export class ServerUsage {
  readonly id = input.required<string>();

  private readonly usage = httpResource<ResourceUsage>(() => usageUrl(this.id()));
  protected readonly now = computed(() => (this.usage.hasValue() ? this.usage.value() : undefined));

  constructor() {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.usage.isLoading()) this.usage.reload();
    }, refreshMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
