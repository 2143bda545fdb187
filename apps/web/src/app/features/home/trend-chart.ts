import { Component, computed, input, output } from '@angular/core';
import type { DashboardTrend } from '@cronium/contracts';

import { Chart } from '../../shared/charts/chart';
import { trendMetrics, trendOptions, trendTable, type TrendMetric } from './trend-options';

/** How the days of the period went, by one measure at a time. */
@Component({
  selector: 'cr-trend-chart',
  imports: [Chart],
  template: `
    <div class="choice" role="group" aria-label="What the chart shows">
      @for (choice of metrics; track choice.id) {
        <button
          type="button"
          class="button quiet dense"
          [attr.aria-pressed]="choice.id === metric()"
          (click)="chosen.emit(choice.id)"
        >
          {{ choice.word }}
        </button>
      }
    </div>
    <cr-chart [options]="options()" [label]="label()" />
    <table class="visually-hidden">
      <caption>
        {{
          word()
        }}
        by day
      </caption>
      <thead>
        <tr>
          <th scope="col">Day</th>
          @for (column of table().columns; track column) {
            <th scope="col">{{ column }}</th>
          }
        </tr>
      </thead>
      <tbody>
        @for (row of table().rows; track row.date) {
          <tr>
            <th scope="row">{{ row.date }}</th>
            @for (value of row.values; track $index) {
              <td>{{ value }}</td>
            }
          </tr>
        }
      </tbody>
    </table>
  `,
  styles: `
    :host {
      position: relative;
      display: block;
      padding: 8px 10px 12px;
    }
    .choice {
      display: flex;
      flex-wrap: wrap;
      gap: 4px;
    }
    cr-chart {
      height: 286px;
      margin-top: 6px;
    }
  `,
})
export class TrendChart {
  readonly trend = input.required<DashboardTrend>();
  readonly metric = input.required<TrendMetric>();
  readonly chosen = output<TrendMetric>();

  protected readonly metrics = trendMetrics;
  protected readonly options = computed(() => trendOptions(this.trend(), this.metric()));
  protected readonly table = computed(() => trendTable(this.trend(), this.metric()));
  protected readonly word = computed(() => trendMetrics.find(({ id }) => id === this.metric())?.word ?? '');
  protected readonly label = computed(
    () =>
      `${this.word()} of the last ${this.trend().days.length} days; the table that follows has the values.`,
  );
}
