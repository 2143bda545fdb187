import { Component, computed, inject, input } from '@angular/core';

import { Clock } from './clock';
import { formatExact, formatRelative } from './relative-time';

/** An instant as "4 min ago", with the exact time and zone on hover. */
@Component({
  selector: 'cr-time-ago',
  template: '<time [attr.datetime]="at()" [title]="exact()">{{ relative() }}</time>',
})
export class TimeAgo {
  private readonly clock = inject(Clock);

  /** ISO 8601. */
  readonly at = input.required<string>();

  private readonly instant = computed(() => Date.parse(this.at()));
  protected readonly exact = computed(() => formatExact(this.instant()));
  protected readonly relative = computed(() => {
    // Between two ticks of the coarse clock, what has just happened is not in the future.
    const now = Math.max(this.clock.coarseNow(), Math.min(this.instant(), Date.now()));
    return formatRelative(this.instant(), now);
  });
}
