import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, computed, inject, input } from '@angular/core';
import { isActive, routes, type Job, type JobUsageSeries } from '@cronium/contracts';
import { mdiAlertOctagonOutline, mdiAlertOutline } from '@mdi/js';

import { apiUrl } from '../../core/http/api-url';
import { Chart } from '../../shared/charts/chart';
import { usageCharts } from '../../shared/charts/usage-charts';
import { enforcementFigures, enforcementKindWords } from '../../shared/enforcement/enforcement-words';
import { LoadError } from '../../shared/feedback/load-error';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Icon } from '../../shared/icon/icon';
import { TimeAgo } from '../../shared/time/time-ago';

const refreshMs = 5000;

/** What a job used while it ran, as charts; goes on while it runs. */
@Component({
  selector: 'cr-job-resources',
  imports: [Chart, Icon, LoadError, Skeleton, TimeAgo],
  template: `
    @if (limits().length > 0) {
      <ul class="limits" aria-label="Limits that it came near">
        @for (one of limits(); track one.kind + one.resource) {
          <li [class.ended]="one.kind === 'ended'">
            <cr-icon [path]="one.kind === 'ended' ? icons.ended : icons.near" /><strong>{{
              words[one.kind]
            }}</strong>
            {{ figures(one) }} <cr-time-ago class="muted" [at]="one.at" />
          </li>
        }
      </ul>
    }
    @if (charts().length > 0) {
      @for (chart of charts(); track chart.word) {
        <figure>
          <figcaption>
            {{ chart.word }} <span class="muted">{{ chart.most }} at most</span>
          </figcaption>
          <cr-chart [options]="chart.options" [label]="chart.label" />
        </figure>
      }
    } @else if (series.error()) {
      <cr-load-error
        heading="What it used could not be loaded"
        [error]="series.error()"
        (retry)="series.reload()"
      />
    } @else if (series.hasValue()) {
      <p class="nothing muted">
        {{
          active()
            ? 'The first figures come a few seconds after the start of the script.'
            : 'Nothing was measured: it ran for less than a second, did not start, or ran on a host without Python.'
        }}
      </p>
    } @else {
      <cr-skeleton [rows]="8" />
    }
  `,
  styles: `
    :host {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
      gap: 16px;
      align-content: start;
      padding: 16px;
    }
    figure {
      min-width: 0;
      margin: 0;
    }
    figcaption {
      font-weight: 600;
    }
    figcaption .muted {
      font-weight: 400;
      font-variant-numeric: tabular-nums;
    }
    cr-chart {
      height: 200px;
      margin-top: 6px;
    }
    .limits {
      grid-column: 1 / -1;
      display: grid;
      gap: 6px;
      margin: 0;
      padding: 0;
      list-style: none;
      font-variant-numeric: tabular-nums;
    }
    .limits li {
      --tone: var(--state-warning);
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 2px 8px;
    }
    .limits li.ended {
      --tone: var(--state-failed);
    }
    .limits cr-icon {
      color: var(--tone);
    }
    .nothing,
    cr-skeleton,
    cr-load-error {
      grid-column: 1 / -1;
    }
  `,
})
export class JobResources {
  readonly job = input.required<Job>();

  private readonly id = computed(() => this.job().id);
  protected readonly active = computed(() => isActive(this.job().state));
  protected readonly series = httpResource<JobUsageSeries>(() => apiUrl(routes.jobs, this.id(), 'usage'));
  protected readonly charts = computed(() => {
    const samples = this.series.hasValue() ? this.series.value().samples : [];
    return samples.length > 0
      ? usageCharts(
          'the job',
          samples.map(({ at, ...figures }) => ({ at: Date.parse(at), ...figures })),
        )
      : [];
  });

  protected readonly limits = computed(() => (this.series.hasValue() ? this.series.value().enforcement : []));
  protected readonly words = enforcementKindWords;
  protected readonly figures = enforcementFigures;
  protected readonly icons = { near: mdiAlertOutline, ended: mdiAlertOctagonOutline };

  constructor() {
    let isOver = false;
    const timer = setInterval(() => {
      // Once more after the end: the last figures come with it.
      if (isOver || document.visibilityState !== 'visible' || this.series.isLoading()) return;
      isOver = !this.active();
      this.series.reload();
    }, refreshMs);
    inject(DestroyRef).onDestroy(() => clearInterval(timer));
  }
}
