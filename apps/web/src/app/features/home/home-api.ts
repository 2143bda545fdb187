import { httpResource, type HttpResourceRef } from '@angular/common/http';
import { linkedSignal, type Signal } from '@angular/core';
import {
  dashboardBounds,
  routes,
  type DashboardFailures,
  type DashboardHeatMap,
  type DashboardScope,
  type DashboardSummary,
  type DashboardTrend,
} from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';

/** What the page is asked for. */
export interface HomeQuery {
  readonly scope: DashboardScope;
  readonly days: number;
  readonly timezone: string;
}

/** A part of the page: loaded, renewed and failing by itself. */
export interface HomePart<T> {
  readonly resource: HttpResourceRef<T | undefined>;
  /** What was there stays while the next is loaded, so that nothing jumps. */
  readonly shown: Signal<T | undefined>;
}

/** The parts of the page. Call in an injection context. */
export function homeParts(query: Signal<HomeQuery>) {
  const scope = () => ({ scope: query().scope });
  const period = () => ({ ...query() });
  return {
    summary: part<DashboardSummary>('summary', scope),
    failures: part<DashboardFailures>('failures', period),
    heatMap: part<DashboardHeatMap>('heatmap', period),
    trend: part<DashboardTrend>('trend', period),
  };
}

function part<T>(path: string, params: () => Record<string, string | number>): HomePart<T> {
  const resource = httpResource<T>(() => ({ url: apiUrl(routes.dashboard, path), params: params() }));
  const shown = linkedSignal<T | undefined, T | undefined>({
    source: () => (resource.hasValue() ? resource.value() : undefined),
    computation: (value, previous) => value ?? previous?.value,
  });
  return { resource, shown };
}

/** Periods to choose from, in days. */
export const periods = [7, 14, 30, 90] as const;

/** The period an address names; the usual one for what is none. */
export function daysIn(address: string | undefined): number {
  return periods.find((days) => String(days) === address) ?? dashboardBounds.days.default;
}
