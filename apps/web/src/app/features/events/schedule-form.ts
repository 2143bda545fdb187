import type { Schedule, ScheduleInput } from '@cronium/contracts';

import { clockIn } from '../../shared/time/zone-clock';

/** A schedule as the editor edits it: the fields of every kind, of which those of its kind are sent. */
export interface ScheduleForm {
  kind: Schedule['kind'];
  expression: string;
  everySeconds: number | null;
  /** As a `datetime-local` field has it: the clock of the time zone. */
  at: string;
  timezone: string;
  jitterSeconds: number | null;
  maxExecutions: number | null;
  /** What the editor does not show, and must not lose. */
  kept: { startAt?: string; endAt?: string; anchorAt?: string };
}

export function newScheduleForm(): ScheduleForm {
  return {
    kind: 'manual',
    expression: '0 2 * * *',
    everySeconds: 3600,
    at: '',
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    jitterSeconds: null,
    maxExecutions: null,
    kept: {},
  };
}

export function toScheduleForm(schedule: Schedule): ScheduleForm {
  const form = { ...newScheduleForm(), kind: schedule.kind };
  switch (schedule.kind) {
    case 'manual':
      return form;
    case 'once':
      return { ...form, timezone: schedule.timezone, at: localTime(schedule.at, schedule.timezone) };
    case 'cron':
      return { ...form, ...shared(schedule), expression: schedule.expression };
    case 'interval':
      return { ...form, ...shared(schedule), everySeconds: schedule.everySeconds };
  }
}

export function toSchedule(form: ScheduleForm): ScheduleInput {
  const { kind, timezone, kept } = form;
  const bounds = {
    timezone: timezone.trim(),
    jitterSeconds: form.jitterSeconds ?? 0,
    maxExecutions: form.maxExecutions ?? undefined,
    startAt: kept.startAt,
    endAt: kept.endAt,
  };
  switch (kind) {
    case 'manual':
      return { kind };
    case 'once':
      return { kind, at: form.at.length === 16 ? `${form.at}:00` : form.at, timezone: bounds.timezone };
    case 'cron':
      return { kind, expression: form.expression, ...bounds };
    case 'interval':
      return { kind, everySeconds: form.everySeconds ?? 0, anchorAt: kept.anchorAt, ...bounds };
  }
}

function shared(schedule: Extract<Schedule, { kind: 'cron' | 'interval' }>) {
  const { timezone, jitterSeconds, maxExecutions = null, startAt, endAt } = schedule;
  const anchorAt = schedule.kind === 'interval' ? schedule.anchorAt : undefined;
  return {
    timezone,
    jitterSeconds: jitterSeconds || null,
    maxExecutions,
    kept: { startAt, endAt, anchorAt },
  };
}

/** An instant becomes the time on the clock of the zone. */
function localTime(at: string, timezone: string): string {
  return /(Z|[+-]\d\d:?\d\d)$/i.test(at) ? clockIn(timezone, at) : at;
}
