import { Component, computed, inject, input } from '@angular/core';
import type { Job } from '@cronium/contracts';

import { Clock } from '../../shared/time/clock';
import { LiveDuration } from '../../shared/time/live-duration';
import { formatExact } from '../../shared/time/relative-time';
import { phasesOf } from './phases';

/** Where the time of a job went: queued, starting, running, finishing. */
@Component({
  selector: 'cr-phase-bar',
  imports: [LiveDuration],
  template: `
    <ol aria-label="Phases">
      @for (phase of phases(); track phase.name) {
        <li
          [class]="phase.state"
          [style.flex-grow]="phase.weight"
          [title]="exact(phase.from)"
          [attr.aria-current]="phase.state === 'now' ? 'step' : null"
        >
          <span class="bar" [style.--tone]="'var(--state-' + tone(phase.name) + ')'"></span>
          <span class="name">{{ phase.name }}</span>
          <cr-live-duration class="time" [from]="phase.from" [to]="phase.to" />
        </li>
      }
    </ol>
  `,
  styleUrl: './phase-bar.scss',
})
export class PhaseBar {
  private readonly clock = inject(Clock);

  readonly job = input.required<Job>();

  protected readonly phases = computed(() => {
    const job = this.job();
    return phasesOf(job, job.endedAt === null ? this.clock.now() : Date.parse(job.endedAt));
  });

  /** The running phase has the colour of the end, once there is one. */
  protected tone(phase: string): string {
    const { state } = this.job();
    if (phase !== 'Running') return 'queued';
    if (state === 'succeeded') return 'succeeded';
    if (state === 'failed' || state === 'timed_out') return 'failed';
    return state === 'cancelled' ? 'skipped' : state === 'lost' ? 'lost' : 'running';
  }

  protected exact(at: string | null): string {
    return at === null ? '' : `Since ${formatExact(Date.parse(at))}`;
  }
}
