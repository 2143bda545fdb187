import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, inject, input, signal } from '@angular/core';
import { routes, type ServerUsageHistory } from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';
import { Chart } from '../../shared/charts/chart';
import { usageCharts } from '../../shared/charts/usage-charts';
import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';

const refreshMs = 60_000;
const periods = [
  { hours: 1, word: 'hour' },
  { hours: 24, word: 'day' },
  { hours: 7 * 24, word: 'week' },
  { hours: 30 * 24, word: '30 days' },
];

/** What a server’s machine used lately, as charts. */
@Component({
  selector: 'cr-server-history',
  imports: [Chart, LoadError, Skeleton],
  template: `
    <header>
      <h2 id="history">What the machine used</h2>
      <div class="periods" role="group" aria-label="Period">
        @for (period of periods; track period.hours) {
          <button
            type="button"
            class="button quiet dense"
            [attr.aria-pressed]="hours() === period.hours"
            (click)="hours.set(period.hours)"
          >
            {{ period.word }}
          </button>
        }
      </div>
    </header>
    @if (charts().length > 0) {
      <div class="charts">
        @for (chart of charts(); track chart.word) {
          <figure class="card">
            <figcaption>
              {{ chart.word }} <span class="muted">{{ chart.most }} at most</span>
            </figcaption>
            <cr-chart [options]="chart.options" [label]="chart.label" />
          </figure>
        }
      </div>
    } @else if (history.error()) {
      <div class="card">
        <cr-load-error
          heading="What it used could not be loaded"
          [error]="history.error()"
          (retry)="history.reload()"
        />
      </div>
    } @else if (history.hasValue()) {
      <p class="muted">Nothing yet. It is asked once a minute, while it is well.</p>
    } @else {
      <div class="card"><cr-skeleton [rows]="4" /></div>
    }
  `,
  styles: `
    header {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 8px 16px;
      margin-bottom: var(--space-3);
    }
    .charts {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
      gap: var(--space-4);
    }
    figure {
      min-width: 0;
      margin: 0;
      padding: 12px 14px;
    }
    figcaption {
      font-weight: 600;
    }
    figcaption .muted {
      font-weight: 400;
      font-variant-numeric: tabular-nums;
    }
    cr-chart {
      height: 168px;
      margin-top: 6px;
    }
    [aria-pressed='true'] {
      color: var(--accent);
      font-weight: 600;
    }
  `,
})
export class ServerHistory {
  readonly id = input.required<string>();

  protected readonly periods = periods;
  protected readonly hours = signal(24);
  protected readonly history = httpResource<ServerUsageHistory>(() => ({
    url: apiUrl(routes.servers, this.id(), 'usage', 'history'),
    params: { hours: this.hours() },
  }));
  protected readonly charts = computed(() => {
    if (!this.history.hasValue()) return [];
    const { samples, everySeconds } = this.history.value();
    const points = samples.map(({ at, ...figures }) => ({ at: Date.parse(at), ...figures }));
    // One that is away is not asked: a line over that time would say what nobody knows.
    return points.length > 0 ? usageCharts('the machine', points, 3000 * everySeconds) : [];
  });

  constructor() {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && !this.history.isLoading()) this.history.reload();
    }, refreshMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
