import { Component, computed, input } from '@angular/core';
import { isActive, type Job } from '@cronium/contracts';

import { BytesPipe } from '../../shared/size/bytes';
import { DurationPipe } from '../../shared/time/duration';
import { LiveDuration } from '../../shared/time/live-duration';
import { endOf, errorHeading } from '../../shared/state/ends';

/** What a job used, and how it ended. */
@Component({
  selector: 'cr-job-figures',
  imports: [BytesPipe, DurationPipe, LiveDuration],
  template: `
    <dl>
      <div>
        <dt>Duration</dt>
        <dd data-testid="duration">
          @if (job().usage; as usage) {
            {{ usage.wallMs | duration }}
          } @else {
            <cr-live-duration [from]="job().startedAt" [to]="job().scriptEndedAt ?? job().endedAt" />
          }
        </dd>
      </div>
      @if (!active()) {
        <div>
          <dt>End</dt>
          <dd data-testid="end">{{ end() ?? '–' }}</dd>
        </div>
      }
      @if (job().usage; as usage) {
        <div>
          <dt>CPU</dt>
          <dd [title]="'user and system'">
            {{ usage.cpuUserMs | duration }}
            <span class="muted">+ {{ usage.cpuSystemMs | duration }} system</span>
          </dd>
        </div>
        <div>
          <dt>Peak memory</dt>
          <dd>{{ usage.peakMemoryBytes | bytes }}</dd>
        </div>
      }
      <div>
        <dt>Output</dt>
        <dd>{{ job().usage?.outputBytes ?? job().logBytes | bytes }}</dd>
      </div>
      <div>
        <dt>Server</dt>
        <dd class="server">{{ job().serverName }}</dd>
      </div>
    </dl>
  `,
  styles: `
    dl {
      display: flex;
      flex-wrap: wrap;
      gap: 8px 28px;
    }
    div {
      min-width: 0;
    }
    dt {
      color: var(--text-muted);
      font-size: var(--text-small);
    }
    dd {
      font-weight: 550;
      font-variant-numeric: tabular-nums;
      white-space: nowrap;
    }
    .muted {
      font-weight: 400;
    }
    @media (max-width: 640px) {
      dl {
        display: grid;
        grid-template-columns: 1fr 1fr;
        gap: 8px 12px;
      }
      .server {
        overflow: hidden;
        text-overflow: ellipsis;
      }
    }
  `,
})
export class JobFigures {
  readonly job = input.required<Job>();

  protected readonly active = computed(() => isActive(this.job().state));
  protected readonly end = computed(() => {
    const job = this.job();
    return endOf(job) ?? (job.error ? errorHeading(job.error) : null);
  });
}
