import { httpResource } from '@angular/common/http';
import { Component, computed, effect, input, signal } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import {
  type CalendarStop,
  type FireMark,
  type MisfirePolicy,
  misfirePolicySchema,
  type previewScheduleSchema,
  routes,
  type Schedule,
  type SchedulePreview,
  scheduleSchema,
} from '@cronium/contracts';
import type * as z from 'zod';

import { apiUrl } from '../../core/http/api-url';
import { toApiProblem } from '../../core/http/problem';
import { Field, FieldControl } from '../../shared/form/field';
import { clockIn } from '../../shared/time/zone-clock';
import { ZoneOptions } from '../../shared/time/zone-options';
import { CalendarChoice } from './calendar-choice';
import type { EventForm } from './event-form';
import { toSchedule } from './schedule-form';

const typingPauseMs = 300;
const previewUrl = apiUrl(routes.schedules, 'preview');

const kindWords: Record<Schedule['kind'], string> = {
  manual: 'Only by hand or through the API',
  cron: 'At times of the clock',
  interval: 'At an interval',
  once: 'Once',
};

const presets = [
  { word: 'Every hour', expression: '0 * * * *' },
  { word: 'Every night', expression: '0 2 * * *' },
  { word: 'Weekdays at 9', expression: '0 9 * * MON-FRI' },
  { word: 'Last day of the month', expression: '0 0 L * *' },
];

export const misfireWords: Record<MisfirePolicy, string> = {
  skip: 'Leave it out',
  run_once: 'Run once for all that were missed',
  run_all: 'Run each that was missed',
};

const markWords: Record<FireMark, { word: string; note: string }> = {
  time_skipped: {
    word: 'clocks go forward',
    note: 'The planned time does not exist that day; it runs at the next one that does.',
  },
  time_repeated: {
    word: 'clocks go back',
    note: 'The clocks show this time twice that day; it runs the first time.',
  },
};

type PreviewRequest = z.input<typeof previewScheduleSchema>;

/** When an event runs by itself, with what that means: in words, and the next times. */
@Component({
  selector: 'cr-event-schedule',
  imports: [CalendarChoice, Field, FieldControl, FormField, ZoneOptions],
  templateUrl: './event-schedule.html',
  styleUrl: './event-schedule.scss',
})
export class EventSchedule {
  readonly form = input.required<FieldTree<EventForm>>();
  /** Absent for a new event. */
  readonly eventId = input<string>();

  protected readonly kinds: readonly Schedule['kind'][] = ['manual', 'cron', 'interval', 'once'];
  protected readonly kindWords = kindWords;
  protected readonly presets = presets;
  protected readonly misfires = misfirePolicySchema.options;
  protected readonly misfireWords = misfireWords;
  protected readonly markWords = markWords;

  protected readonly kind = computed(() => this.form().schedule.kind().value());
  /** What is previewed: the schedule as it is written, when it could be one; changed when the typing pauses. */
  private readonly asked = signal<PreviewRequest | undefined>(undefined);
  private readonly request = computed(() => {
    const schedule = toSchedule(this.form().schedule().value());
    if (schedule.kind === 'manual' || !scheduleSchema.safeParse(schedule).success) return undefined;
    const eventId = this.eventId();
    const calendarIds = this.form().calendarIds().value();
    return { schedule, calendarIds, ...(eventId === undefined ? {} : { eventId }) };
  });
  private readonly resource = httpResource<SchedulePreview>(() => {
    const body = this.asked();
    return body && { url: previewUrl, method: 'POST', body };
  });
  protected readonly preview = computed(() => (this.resource.hasValue() ? this.resource.value() : undefined));
  protected readonly problem = computed(() => {
    const error = this.resource.error();
    return error && toApiProblem(error).message;
  });

  constructor() {
    effect((onCleanup) => {
      const request = this.request();
      const timer = setTimeout(() => this.asked.set(request), typingPauseMs);
      onCleanup(() => clearTimeout(timer));
    });
  }

  protected choose(expression: string): void {
    this.form().schedule.expression().value.set(expression);
  }

  /** `Sun, 29 Mar 2026, 03:00:00`: the clock of the time zone, wherever the browser is. */
  protected words(local: string): string {
    return new Date(`${local.slice(0, 19)}Z`).toLocaleString('en-GB', {
      timeZone: 'UTC',
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      year: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      second: local.slice(17, 19) === '00' ? undefined : '2-digit',
    });
  }

  /** Who stops a planned time; null when it runs, or the one before is stopped by the same. */
  protected newStop(runs: SchedulePreview['runs'], index: number): CalendarStop | null {
    const [stop, before] = [runs[index]?.stoppedBy, runs[index - 1]?.stoppedBy];
    return stop && (stop.id !== before?.id || stop.rule !== before.rule) ? stop : null;
  }

  /** Who stops a planned time, and by what. */
  protected stopWords({ name, kind, rule }: CalendarStop): string {
    return kind === 'blackout' ? `“${name}” stops it: ${rule ?? ''}` : `“${name}” does not allow this time`;
  }

  /** An instant on the clock of the schedule’s zone. */
  protected placed(instant: string): string {
    return this.words(clockIn(this.form().schedule.timezone().value().trim(), instant));
  }
}
