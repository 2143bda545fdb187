import { Component, DestroyRef, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { mdiCalendarPlus, mdiPlus } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { Realtime } from '../../core/realtime/realtime';
import { LoadError } from '../../shared/feedback/load-error';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Icon } from '../../shared/icon/icon';
import { addressFilters } from '../../shared/paging/address-filters';
import { ownZone } from '../../shared/time/zone-days';
import { FailureGroups } from './failure-groups';
import { FigureTile } from '../../shared/figure/figure-tile';
import { countWords, endedOf, secondsWords, shareWords, successOf } from './figure-words';
import { HeatMap } from './heat-map';
import { daysIn, homeParts, periods, type HomeQuery } from './home-api';
import { NextRuns } from './next-runs';
import { RunningNow } from './running-now';
import { TrendChart } from './trend-chart';
import { trendMetrics, type TrendMetric } from './trend-options';

/** What is renewed when something ran: what runs now soon, the figures of the period seldom. */
const soonMs = 5_000;
const seldomMs = 60_000;

/** What runs, what comes, what fails and why, and how the days went. Period, scope and measure are in the address. */
@Component({
  selector: 'cr-home-page',
  imports: [
    ...[FailureGroups, FigureTile, HeatMap, NextRuns, RunningNow, TrendChart],
    ...[Icon, LoadError, Placeholder, RouterLink, Skeleton],
  ],
  templateUrl: './home-page.html',
  styleUrl: './home-page.scss',
})
export class HomePage {
  private readonly session = inject(SessionStore);

  readonly days = input<string>();
  readonly scope = input<string>();
  readonly metric = input<string>();

  protected readonly filter = addressFilters();
  protected readonly isAdmin = computed(() => this.session.user()?.role === 'ADMIN');
  protected readonly mayCreate = computed(() => this.session.user()?.role !== 'VIEWER');
  protected readonly isAll = computed(() => this.isAdmin() && this.scope() === 'all');
  protected readonly usedDays = computed(() => daysIn(this.days()));
  protected readonly usedMetric = computed<TrendMetric>(
    () => trendMetrics.find(({ id }) => id === this.metric())?.id ?? 'runs',
  );
  private readonly query = computed<HomeQuery>(() => ({
    scope: this.isAll() ? 'all' : 'mine',
    days: this.usedDays(),
    timezone: ownZone(),
  }));
  private readonly parts = homeParts(this.query);
  protected readonly summary = this.parts.summary;
  protected readonly failures = this.parts.failures;
  protected readonly heatMap = this.parts.heatMap;
  protected readonly trend = this.parts.trend;
  /** Nothing is there, and nothing was. */
  protected readonly isNew = computed(() => {
    const [summary, trend] = [this.summary.shown(), this.trend.shown()];
    if (!summary || !trend) return false;
    return summary.events.total === 0 && endedOf(trend.total) + endedOf(trend.before) === 0;
  });
  protected readonly periods = periods;
  protected readonly words = { countWords, endedOf, secondsWords, shareWords, successOf };
  protected readonly icons = { empty: mdiCalendarPlus, plus: mdiPlus };

  constructor() {
    let changed = { now: false, figures: false };
    const silence = inject(Realtime).listen({
      'execution.listed': () => (changed = { now: true, figures: true }),
    });
    const renew = () => {
      if (document.visibilityState !== 'visible') return;
      // A planned time passes also when nobody hears of the run, as of one that is skipped.
      const due = this.summary.shown()?.nextRuns[0]?.at;
      if (changed.now || (due !== undefined && Date.parse(due) < Date.now())) {
        changed.now = false;
        this.summary.resource.reload();
      }
    };
    const renewFigures = () => {
      if (document.visibilityState !== 'visible' || !changed.figures) return;
      changed.figures = false;
      for (const { resource } of [this.failures, this.heatMap, this.trend]) resource.reload();
    };
    const timers = [setInterval(renew, soonMs), setInterval(renewFigures, seldomMs)];
    inject(DestroyRef).onDestroy(() => {
      silence();
      timers.forEach((timer) => clearInterval(timer));
    });
  }

  protected showPeriod(days: number): void {
    this.filter({ days: days === daysIn(undefined) ? '' : String(days) });
  }

  protected showMetric(metric: TrendMetric): void {
    this.filter({ metric: metric === 'runs' ? '' : metric });
  }
}
