import { Component, computed, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { dashboardBounds, type DashboardFailures, type FailureGroup } from '@cronium/contracts';
import { mdiCheckCircleOutline } from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import { StateChip } from '../../shared/state/state-chip';
import { TimeAgo } from '../../shared/time/time-ago';
import { causeWords } from './failure-cause';

/** What failed lately, by event and cause. The count opens the executions, the time the newest of them. */
@Component({
  selector: 'cr-failure-groups',
  imports: [Icon, RouterLink, StateChip, TimeAgo],
  templateUrl: './failure-groups.html',
  styleUrl: './failure-groups.scss',
})
export class FailureGroups {
  readonly failures = input.required<DashboardFailures>();
  readonly withOwner = input(false);

  protected readonly causeWords = causeWords;
  protected readonly icons = { none: mdiCheckCircleOutline };
  protected readonly isBounded = computed(() => this.failures().counted === dashboardBounds.failures);
  protected readonly others = computed(
    () => this.failures().counted - this.failures().groups.reduce((sum, { count }) => sum + count, 0),
  );

  protected keyOf({ lastExecutionId }: FailureGroup): string {
    return lastExecutionId;
  }

  /** An event that is deleted cannot be filtered by: its newest is all there is to open. */
  protected isListed({ eventId }: FailureGroup): boolean {
    return eventId !== null;
  }

  protected listOf({ eventId, state }: FailureGroup) {
    return { eventId, state, since: this.failures().since };
  }
}
