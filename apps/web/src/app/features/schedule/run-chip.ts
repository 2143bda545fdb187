import { Component, computed, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import { mdiAlert, mdiPauseCircleOutline, mdiSetCenter } from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import { timeIn } from '../../shared/time/zone-days';
import type { PlannedRun } from './planned-days';

/** A planned run: its time and event, whether it is paused, and what it meets. */
@Component({
  selector: 'cr-run-chip',
  imports: [Icon, RouterLink],
  template: `
    <a
      class="chip"
      data-testid="planned-run"
      [class.paused]="run().event.paused"
      [class.together]="run().clash && !run().clash?.tooMany"
      [class.too-many]="run().clash?.tooMany"
      [routerLink]="['/events', run().event.id]"
      [title]="words()"
      [attr.aria-label]="words()"
    >
      <span class="time tabular">{{ time() }}</span>
      <span class="name">{{ run().event.name }}</span>
      @if (mark(); as icon) {
        <cr-icon [path]="icon" />
      }
    </a>
  `,
  styles: `
    :host {
      display: block;
      min-width: 0;
    }
    .chip {
      --icon-size: 14px;
      display: flex;
      align-items: center;
      gap: 6px;
      min-height: 24px;
      padding: 0 7px;
      border: 1px solid color-mix(in srgb, var(--accent) 30%, var(--surface));
      border-radius: var(--radius-small);
      background: var(--surface);
      color: var(--on-accent-soft);
      font-size: var(--text-small);
      white-space: nowrap;
    }
    .chip:hover {
      text-decoration: none;
      background: var(--accent-soft);
    }
    .time {
      font-weight: 600;
    }
    .name {
      overflow: hidden;
      text-overflow: ellipsis;
    }
    cr-icon {
      flex: none;
      margin-left: auto;
    }
    .paused {
      border: 1px dashed var(--line-strong);
      color: var(--text-muted);
    }
    .together cr-icon {
      color: var(--on-accent-soft);
    }
    .too-many {
      border-color: color-mix(in srgb, var(--state-warning) 45%, var(--surface));
      background: color-mix(in srgb, var(--state-warning) 14%, var(--surface));
      color: var(--state-warning);
    }
    @media (max-width: 640px) {
      .chip {
        min-height: 44px;
        padding: 0 12px;
      }
    }
  `,
})
export class RunChip {
  readonly run = input.required<PlannedRun>();
  readonly zone = input.required<string>();

  protected readonly time = computed(() => timeIn(this.run().at, this.zone()));
  protected readonly mark = computed(() => {
    const { event, clash } = this.run();
    if (event.paused) return mdiPauseCircleOutline;
    return clash ? (clash.tooMany ? mdiAlert : mdiSetCenter) : undefined;
  });
  /** Everything that the chip says by its looks. */
  protected readonly words = computed(() => {
    const { event, clash } = this.run();
    const where = event.serverTag ?? event.servers.map(({ name }) => name).join(', ');
    return [
      `${this.time()} ${event.name}, on ${where}.`,
      event.description,
      ...(event.paused ? ['Paused: it is not started.'] : []),
      ...(clash ? [clash.text] : []),
    ].join(' ');
  });
}
