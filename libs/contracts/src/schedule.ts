import * as z from 'zod';

import { calendarIdsSchema, calendarKindSchema } from './calendar';
import { idSchema } from './page';
import { instantSchema, timezoneSchema } from './time';

/** Bounds of a schedule, for forms and documentation. */
export const scheduleBounds = {
  expressionLength: 200,
  /** A second up to 366 days. */
  everySeconds: { min: 1, max: 366 * 86_400 },
  jitterSeconds: { max: 86_400 },
  maxExecutions: { max: 1_000_000_000 },
  previewCount: { max: 100, default: 10 },
  /** Planned times that calendars stop in a row: a preview lists so many, and says until when there are more. */
  previewStoppedInARow: 3,
} as const;

/** Beside its kind, for every schedule that runs by itself. */
const bounds = {
  timezone: timezoneSchema.default('UTC'),
  startAt: instantSchema.optional().describe('Nothing runs before.'),
  endAt: instantSchema.optional().describe('Nothing runs at or after.'),
  maxExecutions: z
    .int()
    .min(1)
    .max(scheduleBounds.maxExecutions.max)
    .optional()
    .describe('After so many scheduled executions it is over.'),
  jitterSeconds: z
    .int()
    .min(0)
    .max(scheduleBounds.jitterSeconds.max)
    .default(0)
    .describe(
      'Each run starts up to so many seconds later, so that events of the same minute do not start together.',
    ),
};

const cronSchema = z.strictObject({
  kind: z.literal('cron'),
  expression: z
    .string()
    .trim()
    .min(1, 'Write a cron expression, for example 0 2 * * *.')
    .max(scheduleBounds.expressionLength)
    .describe(
      'Five fields (minute, hour, day of month, month, day of week) or six (seconds first), with names, steps, ranges, `L`, `W`, `#`; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.',
    ),
  ...bounds,
});

const intervalSchema = z.strictObject({
  kind: z.literal('interval'),
  everySeconds: z
    .int()
    .min(scheduleBounds.everySeconds.min)
    .max(scheduleBounds.everySeconds.max)
    .describe('Elapsed time between runs, in seconds, whatever the clocks do.'),
  anchorAt: instantSchema
    .optional()
    .describe('Runs are a whole number of intervals from here. The event’s creation when it is left out.'),
  ...bounds,
});

const onceSchema = z.strictObject({
  kind: z.literal('once'),
  at: z.iso
    .datetime({
      offset: true,
      local: true,
      error: 'Give a date and time, for example 2026-12-24T18:00:00.',
    })
    .describe('With an offset that instant; without one the time on the clock of the time zone.'),
  timezone: bounds.timezone,
});

/** When an event runs by itself. `manual`: never. */
export const scheduleSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('manual') }),
    cronSchema,
    intervalSchema,
    onceSchema,
  ])
  .superRefine((schedule, context) => {
    const { startAt, endAt } = 'startAt' in schedule || 'endAt' in schedule ? schedule : {};
    if (startAt && endAt && Date.parse(endAt) <= Date.parse(startAt)) {
      context.addIssue({ code: 'custom', path: ['endAt'], message: 'The end must be after the start.' });
    }
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof scheduleSchema>;
export type ScheduleInput = z.input<typeof scheduleSchema>;

/** Body of `POST /api/schedules/preview`. */
export const previewScheduleSchema = z
  .strictObject({
    schedule: scheduleSchema,
    from: instantSchema.optional().describe('Times after this one; now when it is left out.'),
    count: z.int().min(1).max(scheduleBounds.previewCount.max).default(scheduleBounds.previewCount.default),
    calendarIds: calendarIdsSchema.default([]),
    eventId: idSchema
      .optional()
      .describe(
        'Of a saved event: its runs so far count against `maxExecutions`, its creation is the anchor.',
      ),
  })
  .meta({ id: 'PreviewSchedule' });
export type PreviewSchedule = z.infer<typeof previewScheduleSchema>;

/** Why a run is not at the time that the expression says. */
export const fireMarkSchema = z
  .enum(['time_skipped', 'time_repeated'])
  .describe(
    '`time_skipped`: the clocks jump over that time, it runs at the next one that exists. `time_repeated`: the clocks show that time twice, it runs the first time.',
  )
  .meta({ id: 'FireMark' });
export type FireMark = z.infer<typeof fireMarkSchema>;

/** Which calendar stops a planned time, and by what. */
export const calendarStopSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    kind: calendarKindSchema,
    rule: z
      .string()
      .nullable()
      .describe(
        'Of a blackout: the label and the times of the rule, in words. Null of one that allows only its times.',
      ),
  })
  .meta({ id: 'CalendarStop' });
export type CalendarStop = z.infer<typeof calendarStopSchema>;

/** Answer of `POST /api/schedules/preview`. */
export const schedulePreviewSchema = z
  .strictObject({
    description: z.string().describe('The schedule in words.'),
    runs: z
      .array(
        z.strictObject({
          at: z.iso.datetime(),
          local: z.string().describe('The same on the clock of the time zone, with its offset.'),
          mark: fireMarkSchema.nullable(),
          stoppedBy: calendarStopSchema.nullable().describe('Null when it runs.'),
          until: z.iso
            .datetime()
            .nullable()
            .describe('Planned times from this one up to then are stopped too, and left out of the list.'),
        }),
      )
      .max(scheduleBounds.previewCount.max * (scheduleBounds.previewStoppedInARow + 1))
      .describe(
        'The next planned times, before jitter, until `count` of them run; fewer when the schedule ends. Of those that a calendar stops in a row, the first are there too.',
      ),
    gaveUpAt: z.iso
      .datetime()
      .nullable()
      .describe(
        'Calendars stopped so many planned times that nothing after this instant was looked at. Null when the list is complete.',
      ),
  })
  .meta({ id: 'SchedulePreview' });
export type SchedulePreview = z.infer<typeof schedulePreviewSchema>;
