import { Component, computed, inject, input } from '@angular/core';

import { Clock } from './clock';
import { formatDuration, formatRunning } from './duration';

/** The time between two instants, running while the second is missing. */
@Component({
  selector: 'cr-live-duration',
  template: '<span class="tabular">{{ text() }}</span>',
})
export class LiveDuration {
  private readonly clock = inject(Clock);

  /** ISO 8601; null shows a dash. */
  readonly from = input.required<string | null>();
  readonly to = input<string | null>(null);

  protected readonly text = computed(() => {
    const from = this.from();
    if (from === null) return '–';
    const to = this.to();
    if (to !== null) return formatDuration(Date.parse(to) - Date.parse(from));
    return formatRunning(Math.max(this.clock.now(), Date.parse(from)) - Date.parse(from));
  });
}
