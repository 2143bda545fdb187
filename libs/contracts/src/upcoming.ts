import * as z from 'zod';

import { eventSchema } from './event';
import { idSchema } from './page';

/** Bounds of what is computed ahead, for pages and documentation. */
export const upcomingBounds = {
  rangeDays: 31,
  events: 500,
  /** Of one event; with more it is counted by the hour. */
  runsOfAnEvent: 200,
  /** Of all events together; what is beyond is counted by the hour. */
  runs: 5000,
} as const;

const instant = z.iso.datetime({
  offset: true,
  error: 'Give a time with its offset, for example 2026-03-29T00:00:00+01:00.',
});

/** Query of `GET /api/schedules/upcoming`. */
export const upcomingQuerySchema = z
  .strictObject({
    from: instant.describe('Runs at or after this instant, and not in the past.'),
    to: instant.describe(
      `Runs before this instant; at most ${upcomingBounds.rangeDays} days after \`from\`.`,
    ),
    eventId: idSchema.optional().describe('Only of this event.'),
  })
  .superRefine(({ from, to }, context) => {
    const days = (Date.parse(to) - Date.parse(from)) / 86_400_000;
    if (Number.isNaN(days) || (days > 0 && days <= upcomingBounds.rangeDays)) return;
    const message =
      days > 0 ? `Ask for at most ${upcomingBounds.rangeDays} days.` : 'The end must be after the start.';
    context.addIssue({ code: 'custom', path: ['to'], message });
  });
export type UpcomingQuery = z.infer<typeof upcomingQuerySchema>;

/** An event with its planned runs: each of them, or, of very many, how many in each hour. */
export const upcomingEventSchema = eventSchema
  .pick({
    id: true,
    name: true,
    type: true,
    servers: true,
    serverTag: true,
    targetStrategy: true,
    schedule: true,
    paused: true,
    owner: true,
  })
  .extend({
    description: z.string().describe('The schedule in words.'),
    runs: z
      .array(z.iso.datetime())
      .describe('When they start, jitter included, before anything delays them.'),
    hours: z
      .array(z.strictObject({ at: z.iso.datetime(), count: z.int().min(1) }))
      .describe(
        'Instead of `runs`, for an event that runs very often: the hour, on the clock of UTC, and how many runs are planned in it.',
      ),
  })
  .meta({ id: 'UpcomingEvent' });
export type UpcomingEvent = z.infer<typeof upcomingEventSchema>;

/** Answer of `GET /api/schedules/upcoming`. */
export const upcomingSchema = z
  .strictObject({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    events: z
      .array(upcomingEventSchema)
      .describe('Those with a planned run in this time, also paused ones, the next first.'),
    servers: z
      .array(
        z.strictObject({
          id: idSchema,
          name: z.string(),
          maxConcurrentJobs: z.int().min(1).describe('Jobs it runs at one time.'),
        }),
      )
      .describe('Servers of these events.'),
    omittedEvents: z.int().min(0).describe('Events that are not in the answer, since there were too many.'),
  })
  .meta({ id: 'Upcoming' });
export type Upcoming = z.infer<typeof upcomingSchema>;
