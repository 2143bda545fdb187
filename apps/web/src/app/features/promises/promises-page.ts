import { httpResource } from '@angular/common/http';
import { Component, computed, input, linkedSignal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { routes, successBounds, type SuccessGroup, type SuccessMetrics } from '@cronium/contracts';
import { mdiArrowLeft } from '@mdi/js';

import { apiUrl } from '../../core/http/api-url';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { FigureTile } from '../../shared/figure/figure-tile';
import { Icon } from '../../shared/icon/icon';
import { addressFilters } from '../../shared/paging/address-filters';
import { TimeAgo } from '../../shared/time/time-ago';
import { ownZone } from '../../shared/time/zone-days';
import { budgetWords, isKept, millisecondsWords, rateWords, tailWords } from './promise-words';

const periods = [1, 7, 30, 90] as const;
const groupings = [
  { id: 'day', word: 'Day' },
  { id: 'server', word: 'Server' },
  { id: 'event', word: 'Event' },
  { id: 'user', word: 'Person' },
] as const;
type Grouping = (typeof groupings)[number]['id'];

/** A row of the table: a day, a server, an event or a person. */
interface Row extends Omit<SuccessGroup, 'id'> {
  readonly link: readonly string[] | null;
}

/** How the product does what it promises; for administrators. Period and grouping are in the address. */
@Component({
  selector: 'cr-promises-page',
  imports: [FigureTile, Icon, LoadError, Notice, RouterLink, Skeleton, TimeAgo],
  templateUrl: './promises-page.html',
  styleUrl: './promises-page.scss',
})
export class PromisesPage {
  readonly days = input<string>();
  readonly by = input<string>();

  protected readonly filter = addressFilters();
  protected readonly usedDays = computed(
    () => periods.find((days) => String(days) === this.days()) ?? successBounds.days.default,
  );
  protected readonly grouping = computed<Grouping>(
    () => groupings.find(({ id }) => id === this.by())?.id ?? 'day',
  );
  protected readonly metrics = httpResource<SuccessMetrics>(() => ({
    url: apiUrl(routes.monitoring.success),
    params: { days: this.usedDays(), timezone: ownZone() },
  }));
  /** The former figures stay while others load, so that nothing jumps. */
  protected readonly shown = linkedSignal<SuccessMetrics | undefined, SuccessMetrics | undefined>({
    source: () => (this.metrics.hasValue() ? this.metrics.value() : undefined),
    computation: (metrics, previous) => metrics ?? previous?.value,
  });
  protected readonly rows = computed<readonly Row[]>(() => {
    const metrics = this.shown();
    if (!metrics) return [];
    switch (this.grouping()) {
      case 'day':
        return metrics.byDay
          .map(({ date, ...figures }) => ({ name: date, link: null, ...figures }))
          .reverse();
      case 'server':
        return metrics.byServer.map((group) => linked(group, '/servers'));
      case 'event':
        return metrics.byEvent.map((group) => linked(group, '/events'));
      case 'user':
        return metrics.byUser.map((group) => ({ ...group, link: null }));
    }
  });
  protected readonly periods = periods;
  protected readonly groupings = groupings;
  protected readonly promised = successBounds;
  protected readonly words = { budgetWords, isKept, millisecondsWords, rateWords, tailWords };
  protected readonly icons = { back: mdiArrowLeft };

  protected groupingWord(): string {
    return groupings.find(({ id }) => id === this.grouping())?.word ?? '';
  }
}

function linked(group: SuccessGroup, page: string): Row {
  return { ...group, link: group.id === null ? null : [page, group.id] };
}
