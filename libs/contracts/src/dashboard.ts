import * as z from 'zod';

import { eventTypeSchema } from './event';
import { executionStateSchema } from './execution';
import { idSchema } from './page';
import { timezoneSchema } from './time';

/** Bounds of what the home page asks for. */
export const dashboardBounds = {
  days: { min: 1, max: 90, default: 14 },
  nextRuns: 8,
  running: 8,
  /** What waits is counted so far; more is shown as that many. */
  queued: 10_000,
  failureGroups: 10,
  /** The newest, which are grouped. */
  failures: 1000,
} as const;

const { days: dayBounds } = dashboardBounds;
const daysError = `Give a whole number of days from ${dayBounds.min} to ${dayBounds.max}.`;

/** Query of `GET /api/dashboard/summary`. */
export const dashboardQuerySchema = z.strictObject({
  scope: z
    .enum(['mine', 'all'], 'Give mine or all.')
    .default('mine')
    .describe('`mine`: of events that the caller owns. `all`: everybody’s, for administrators.'),
});
export type DashboardQuery = z.infer<typeof dashboardQuerySchema>;
export type DashboardScope = DashboardQuery['scope'];

/** Query of the routes below `GET /api/dashboard` that look back. */
export const dashboardPeriodQuerySchema = dashboardQuerySchema.extend({
  days: z.coerce
    .number(daysError)
    .int(daysError)
    .min(dayBounds.min, daysError)
    .max(dayBounds.max, daysError)
    .default(dayBounds.default)
    .describe('Days on the calendar of the zone; the last of them is today.'),
  timezone: timezoneSchema.default('UTC'),
});
export type DashboardPeriodQuery = z.infer<typeof dashboardPeriodQuerySchema>;

const person = z.strictObject({ id: idSchema, name: z.string() });
const count = z.int().min(0);
const date = z.iso.date().describe('On the calendar of the zone.');

/** Answer of `GET /api/dashboard/summary`: what is, now. */
export const dashboardSummarySchema = z
  .strictObject({
    events: z.strictObject({
      total: count,
      scheduled: count.describe('With a schedule that goes on, and not paused.'),
      paused: count,
    }),
    running: z.strictObject({
      count: count.describe('Executions that start or run.'),
      items: z
        .array(
          z.strictObject({
            id: idSchema,
            eventId: idSchema.nullable(),
            eventName: z.string(),
            eventType: eventTypeSchema,
            state: executionStateSchema,
            startedAt: z.iso.datetime().nullable(),
            createdAt: z.iso.datetime(),
          }),
        )
        .describe(`The newest ${dashboardBounds.running}.`),
    }),
    queued: count.describe(`Executions that wait; at most ${dashboardBounds.queued} are counted.`),
    nextRuns: z
      .array(
        z.strictObject({
          eventId: idSchema,
          eventName: z.string(),
          eventType: eventTypeSchema,
          description: z.string().describe('Its schedule in words.'),
          at: z.iso.datetime().describe('The first that its calendars let through.'),
          owner: person,
        }),
      )
      .describe(`The next run of each event, the nearest ${dashboardBounds.nextRuns}.`),
  })
  .meta({ id: 'DashboardSummary' });
export type DashboardSummary = z.infer<typeof dashboardSummarySchema>;

/** Executions of one event that failed in the same way. */
export const failureGroupSchema = z
  .strictObject({
    eventId: idSchema.nullable().describe('Null when the event was deleted since.'),
    eventName: z.string(),
    owner: person,
    state: executionStateSchema,
    code: z.string().nullable().describe('The error’s, as in `JobError`; null when the script just failed.'),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    message: z.string().nullable().describe('Of the newest, when it has one: cause and remedy.'),
    count: z.int().min(1),
    lastAt: z.iso.datetime().describe('When the newest was triggered.'),
    lastExecutionId: idSchema,
  })
  .meta({ id: 'FailureGroup' });
export type FailureGroup = z.infer<typeof failureGroupSchema>;

/** Answer of `GET /api/dashboard/failures`. */
export const dashboardFailuresSchema = z
  .strictObject({
    counted: count.describe(
      `Failed executions that were grouped: of the period, but the newest ${dashboardBounds.failures} at most.`,
    ),
    since: z.iso
      .datetime()
      .describe('The period’s start, or the oldest that was grouped if there were more.'),
    groups: z.array(failureGroupSchema).describe('Those with the most executions first.'),
  })
  .meta({ id: 'DashboardFailures' });
export type DashboardFailures = z.infer<typeof dashboardFailuresSchema>;

const asOf = z.iso
  .datetime()
  .describe('Executions that ended before are counted: usually less than a minute ago.');

export const heatMapHourSchema = z
  .strictObject({
    date,
    hour: z
      .int()
      .min(0)
      .max(23)
      .describe('On the clock of the zone; one that occurs twice is counted as one.'),
    since: z.iso.datetime(),
    until: z.iso.datetime().describe('What is counted was triggered from `since` to before this instant.'),
    succeeded: count,
    failed: count,
  })
  .meta({ id: 'HeatMapHour' });
export type HeatMapHour = z.infer<typeof heatMapHourSchema>;

/** Answer of `GET /api/dashboard/heatmap`. */
export const dashboardHeatMapSchema = z
  .strictObject({
    asOf,
    dates: z.array(date).describe('Every day of the period, the oldest first.'),
    hours: z
      .array(heatMapHourSchema)
      .describe('Hours in which executions were triggered that succeeded or failed.'),
  })
  .meta({ id: 'DashboardHeatMap' });
export type DashboardHeatMap = z.infer<typeof dashboardHeatMapSchema>;

const duration = z.strictObject({
  p50Seconds: z.number().min(0).nullable(),
  p95Seconds: z.number().min(0).nullable(),
});
const figures = z.strictObject({
  succeeded: count,
  failed: count.describe('Also timed out, lost, and those that failed on some of their servers.'),
  cancelled: count,
  skipped: count,
  run: duration.describe('From the first script’s start to the end, in seconds; exact to about a tenth.'),
  wait: duration.describe('From the trigger to the first script’s start, likewise.'),
});
/** What a span of time comes to. */
export type DashboardFigures = z.infer<typeof figures>;

/** Answer of `GET /api/dashboard/trend`. Executions count for the day on which they were triggered, once they have ended. */
export const dashboardTrendSchema = z
  .strictObject({
    asOf,
    days: z.array(figures.extend({ date })).describe('Every day of the period, the oldest first.'),
    total: figures,
    before: figures.describe('As many days before, until the same time of the day.'),
  })
  .meta({ id: 'DashboardTrend' });
export type DashboardTrend = z.infer<typeof dashboardTrendSchema>;
