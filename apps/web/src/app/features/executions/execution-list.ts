import { Component, DestroyRef, inject, input } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { executionStateSchema, type ExecutionSummary } from '@cronium/contracts';
import { mdiHistory } from '@mdi/js';

import { Realtime } from '../../core/realtime/realtime';
import { LoadError } from '../../shared/feedback/load-error';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Skeleton } from '../../shared/feedback/skeleton';
import { pagedList } from '../../shared/paging/paged-list';
import { StateChip } from '../../shared/state/state-chip';
import { stateLook } from '../../shared/state/states';
import { LiveDuration } from '../../shared/time/live-duration';
import { TimeAgo } from '../../shared/time/time-ago';
import { executionsUrl } from './execution-api';

/** Executions, newest first and live; the filters are in the address. */
@Component({
  selector: 'cr-execution-list',
  imports: [LiveDuration, LoadError, Placeholder, RouterLink, Skeleton, StateChip, TimeAgo],
  templateUrl: './execution-list.html',
})
export class ExecutionList {
  private readonly router = inject(Router);

  readonly state = input<string>();
  readonly eventId = input<string>();

  protected readonly executions = pagedList<ExecutionSummary>(executionsUrl, () => ({
    state: executionStateSchema.safeParse(this.state()).data,
    eventId: this.eventId(),
  }));
  protected readonly states = executionStateSchema.options.map((state) => ({
    state,
    word: stateLook(state).word,
  }));
  protected readonly emptyIcon = mdiHistory;

  constructor() {
    const silence = inject(Realtime).listen({ 'execution.listed': (execution) => this.hear(execution) });
    inject(DestroyRef).onDestroy(silence);
  }

  protected filter(change: { state?: string; eventId?: string }): void {
    const queryParams = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, value || null]),
    );
    void this.router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  }

  protected open(click: MouseEvent, execution: ExecutionSummary): void {
    if (click.target instanceof Element && click.target.closest('a, button') !== null) return;
    void this.router.navigate(['/executions', execution.id]);
  }

  protected outcome(execution: ExecutionSummary): string {
    if (execution.error) return execution.error.message;
    return execution.exitCode === null ? '' : `Exit code ${execution.exitCode}`;
  }

  private hear(execution: ExecutionSummary): void {
    this.executions.change((rows) => {
      if (rows.some((row) => row.id === execution.id)) {
        return rows.map((row) => (row.id === execution.id ? execution : row));
      }
      const wanted =
        (!this.state() || this.state() === execution.state) &&
        (!this.eventId() || this.eventId() === execution.eventId);
      return wanted ? [execution, ...rows] : rows;
    });
  }
}
