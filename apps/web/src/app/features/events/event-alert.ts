import { httpResource } from '@angular/common/http';
import { Component, computed, input } from '@angular/core';
import { routes, type Alert, type Page } from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';
import { Notice } from '../../shared/feedback/notice';
import { TimeAgo } from '../../shared/time/time-ago';

/** Says when scheduled runs of an event did not happen, until one starts again. */
@Component({
  selector: 'cr-event-alert',
  imports: [Notice, TimeAgo],
  template: `
    @if (alert(); as open) {
      <cr-notice tone="warning" data-testid="did-not-run" [heading]="heading(open)">
        {{ open.details['message'] }} <span class="muted">Since <cr-time-ago [at]="open.openedAt" />.</span>
      </cr-notice>
    }
  `,
  styles: ':host { display: contents; }',
})
export class EventAlert {
  readonly eventId = input.required<string>();

  private readonly resource = httpResource<Page<Alert>>(() => ({
    url: apiUrl(routes.alerts),
    params: { eventId: this.eventId(), kind: 'did_not_run', open: true, limit: 1 },
  }));
  /** It is beside the point of the page: when it cannot be loaded, the page says nothing of it. */
  protected readonly alert = computed(() =>
    this.resource.hasValue() ? this.resource.value().items[0] : undefined,
  );

  protected heading({ count }: Alert): string {
    return count === 1 ? 'A scheduled run did not happen' : `${count} scheduled runs did not happen`;
  }
}
