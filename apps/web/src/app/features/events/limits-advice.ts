import { httpResource } from '@angular/common/http';
import { Component, computed, input, output } from '@angular/core';
import { type LimitAdvice, type LimitsAdvice, routes } from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';
import { More } from '../../shared/disclosure/more';
import { formatBytes } from '../../shared/size/bytes';
import { formatDuration } from '../../shared/time/duration';

export type AdvisedLimits = Partial<Record<AdvisedKey, number>>;
type AdvisedKey = Exclude<keyof LimitsAdvice, 'jobs'>;

const measures: readonly { readonly key: AdvisedKey; readonly word: string; readonly unit: string }[] = [
  { key: 'timeoutSeconds', word: 'Time', unit: 's' },
  { key: 'memoryMb', word: 'Memory', unit: 'MiB' },
  { key: 'diskMb', word: 'Disk', unit: 'MiB' },
  { key: 'outputMb', word: 'Output', unit: 'MiB' },
];

/** What the limits should be, from what the event's jobs used. Nothing while there is nothing to draw it from. */
@Component({
  selector: 'cr-limits-advice',
  imports: [More],
  template: `
    @if (rows().length > 0) {
      <cr-more [label]="label()">
        <table class="small" aria-label="What its jobs used">
          <thead>
            <tr>
              <th scope="col"></th>
              <th scope="col">Most</th>
              <th scope="col">Would do</th>
            </tr>
          </thead>
          <tbody>
            @for (row of rows(); track row.key) {
              <tr [title]="row.note">
                <th scope="row">{{ row.word }}</th>
                <td>
                  {{ row.most }}
                  @if (row.note) {
                    <span class="note">at its limit</span>
                  }
                </td>
                <td>{{ row.suggested }}</td>
              </tr>
            }
          </tbody>
        </table>
        <button type="button" class="button dense use" (click)="use()">Use these limits</button>
      </cr-more>
    }
  `,
  styles: `
    .use {
      align-self: start;
    }
    table {
      width: 100%;
      border-collapse: collapse;
      font-variant-numeric: tabular-nums;
    }
    th,
    td {
      padding: 4px 0;
      text-align: right;
    }
    th:first-child {
      font-weight: 400;
      text-align: left;
    }
    .note {
      color: var(--state-failed);
    }
  `,
})
export class LimitsAdviceTable {
  readonly eventId = input.required<string>();
  readonly chosen = output<AdvisedLimits>();

  private readonly advice = httpResource<LimitsAdvice>(() =>
    apiUrl(routes.events, this.eventId(), 'limits', 'advice'),
  );
  private readonly known = computed(() => (this.advice.hasValue() ? this.advice.value() : null));
  protected readonly label = computed(() => {
    const jobs = this.known()?.jobs ?? 0;
    return jobs === 1 ? 'What its last job used' : `What its last ${jobs} jobs used`;
  });
  protected readonly rows = computed(() =>
    measures.flatMap(({ key, word, unit }) => {
      const advice = this.known()?.[key];
      return advice ? [{ key, word, ...words(advice, key, unit) }] : [];
    }),
  );

  protected use(): void {
    const known = this.known();
    if (!known) return;
    this.chosen.emit(
      Object.fromEntries(
        measures.flatMap(({ key }) => {
          const advice = known[key];
          return advice ? [[key, advice.suggested]] : [];
        }),
      ),
    );
  }
}

function words({ most, endedAtLimit, suggested }: LimitAdvice, key: AdvisedKey, unit: string) {
  return {
    most: key === 'timeoutSeconds' ? formatDuration(most * 1000) : formatBytes(most),
    suggested: `${suggested.toLocaleString('en')} ${unit}`,
    note: endedAtLimit > 0 ? `${endedAtLimit} of them were ended at this limit` : '',
  };
}
