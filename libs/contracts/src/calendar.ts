import * as z from 'zod';

import { idSchema, pageOf, pageQuerySchema } from './page';
import { shareLevelSchema } from './server-share';
import { instantSchema, timezoneSchema } from './time';

/** Bounds of a calendar, for forms and documentation. */
export const calendarBounds = {
  nameLength: 200,
  descriptionLength: 2000,
  labelLength: 200,
  /** Written by hand and imported, together. */
  rules: 2000,
  /** UTF-16 code units of an iCalendar file. */
  icsLength: 1_048_576,
  fileNameLength: 200,
  /** Of one event. */
  perEvent: 10,
} as const;

export const weekdaySchema = z
  .enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])
  .meta({ id: 'Weekday' });
export type Weekday = z.infer<typeof weekdaySchema>;

const label = z
  .string()
  .trim()
  .max(calendarBounds.labelLength)
  .default('')
  .describe('What it is, for people: for example `Christmas`.');
const date = z.iso.date({ error: 'Give a date, for example 2026-12-24.' });

const weeklyRuleSchema = z
  .strictObject({
    kind: z.literal('weekly'),
    days: z
      .array(weekdaySchema)
      .min(1, 'Choose at least one day.')
      .max(7)
      .refine((days) => new Set(days).size === days.length, 'Name each day once.')
      .describe('The days on which it begins.'),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Give a time from 00:00 to 23:59.'),
    to: z
      .string()
      .regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'Give a time from 00:00 to 24:00.')
      .describe('The first minute after it. Before `from`, it is on the next day.'),
    label,
  })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    message: 'The end must differ from the start; a whole day is 00:00 to 24:00.',
  });

const datesRuleSchema = z
  .strictObject({
    kind: z.literal('dates'),
    from: date,
    to: date.describe('The last day of it.'),
    label,
  })
  .refine(({ from, to }) => to >= from, {
    path: ['to'],
    message: 'The last day must not be before the first.',
  });

const yearlyRuleSchema = z
  .strictObject({
    kind: z.literal('yearly'),
    month: z.int().min(1).max(12),
    day: z.int().min(1).max(31),
    label,
  })
  // In a leap year, so that 29 February is a date.
  .refine(({ month, day }) => day <= new Date(Date.UTC(2024, month, 0)).getUTCDate(), {
    path: ['day'],
    message: 'This month has no such day.',
  });

const windowRuleSchema = z
  .strictObject({
    kind: z.literal('window'),
    from: instantSchema,
    to: instantSchema.describe('The first instant after it.'),
    label,
  })
  .refine(({ from, to }) => Date.parse(to) > Date.parse(from), {
    path: ['to'],
    message: 'The end must be after the start.',
  });

/**
 * A stretch of time. `weekly`, `dates` and `yearly` mean the clock of the calendar's time zone; 29 February is in leap years only.
 * `window` is between two instants.
 */
export const calendarRuleSchema = z
  .discriminatedUnion('kind', [weeklyRuleSchema, datesRuleSchema, yearlyRuleSchema, windowRuleSchema])
  .meta({ id: 'CalendarRule' });
export type CalendarRule = z.infer<typeof calendarRuleSchema>;
export type CalendarRuleInput = z.input<typeof calendarRuleSchema>;

export const calendarKindSchema = z
  .enum(['blackout', 'allow_only'])
  .describe(
    '`blackout`: nothing planned within its times runs. `allow_only`: only what is planned within them runs.',
  )
  .meta({ id: 'CalendarKind' });
export type CalendarKind = z.infer<typeof calendarKindSchema>;

export const calendarVisibilitySchema = z
  .enum(['private', 'everyone'])
  .describe(
    '`private`: for events of its owner. `everyone`: for everybody’s events; only administrators set this, and change such a calendar.',
  )
  .meta({ id: 'CalendarVisibility' });
export type CalendarVisibility = z.infer<typeof calendarVisibilitySchema>;

/** An iCalendar file (RFC 5545). */
export const importCalendarSchema = z
  .strictObject({
    ics: z
      .string()
      .min(1, 'The file is empty.')
      .max(calendarBounds.icsLength, 'The file is larger than 1 MiB. Export a shorter time.')
      .describe('The text of the file, which begins with `BEGIN:VCALENDAR`.'),
    fileName: z.string().trim().max(calendarBounds.fileNameLength).default(''),
  })
  .meta({ id: 'ImportCalendar' });
export type ImportCalendar = z.infer<typeof importCalendarSchema>;
export type ImportCalendarInput = z.input<typeof importCalendarSchema>;

const rulesSchema = z
  .array(calendarRuleSchema)
  .max(calendarBounds.rules, 'A calendar has at most 2,000 rules.')
  .describe('Those written by hand.');

const calendarFields = {
  name: z.string().trim().min(1, 'Give the calendar a name.').max(calendarBounds.nameLength),
  description: z.string().max(calendarBounds.descriptionLength),
  kind: calendarKindSchema,
  timezone: timezoneSchema,
  visibility: calendarVisibilitySchema,
  rules: rulesSchema,
};

/** Body of `POST /api/calendars`. */
export const createCalendarSchema = z
  .strictObject({
    ...calendarFields,
    description: calendarFields.description.default(''),
    timezone: calendarFields.timezone.default('UTC'),
    visibility: calendarFields.visibility.default('private'),
    rules: calendarFields.rules.default([]),
    import: importCalendarSchema.optional().describe('A file to begin with.'),
  })
  .meta({ id: 'CreateCalendar' });
export type CreateCalendar = z.infer<typeof createCalendarSchema>;
export type CreateCalendarInput = z.input<typeof createCalendarSchema>;

/** Body of `PATCH /api/calendars/:id`: what is left out stays. `rules` are replaced as a whole; what was imported stays. */
export const updateCalendarSchema = z.strictObject(calendarFields).partial().meta({ id: 'UpdateCalendar' });
export type UpdateCalendar = z.infer<typeof updateCalendarSchema>;

const shared = {
  id: idSchema,
  name: z.string(),
  description: z.string(),
  kind: calendarKindSchema,
  timezone: z.string(),
  visibility: calendarVisibilitySchema,
  owner: z.strictObject({ id: idSchema, name: z.string() }),
  access: shareLevelSchema.describe('What the caller may do: `use` it in events, or also `manage` it.'),
  usedBy: z.int().min(0).describe('How many events use it.'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

export const calendarSchema = z
  .strictObject({
    ...shared,
    rules: rulesSchema,
    imported: z
      .strictObject({
        fileName: z.string(),
        at: z.iso.datetime(),
        rules: z.array(calendarRuleSchema).max(calendarBounds.rules),
      })
      .nullable()
      .describe('What came from a file. The next import replaces it.'),
  })
  .meta({ id: 'Calendar' });
export type Calendar = z.infer<typeof calendarSchema>;

/** A calendar in a list: its rules only counted. */
export const calendarSummarySchema = z
  .strictObject({ ...shared, ruleCount: z.int().min(0).describe('Written by hand and imported.') })
  .meta({ id: 'CalendarSummary' });
export type CalendarSummary = z.infer<typeof calendarSummarySchema>;

/** Query of `GET /api/calendars`. */
export const calendarQuerySchema = pageQuerySchema.extend({
  search: z.string().trim().max(200).optional().describe('Part of the name, upper or lower case.'),
});
export type CalendarQuery = z.infer<typeof calendarQuerySchema>;

export const calendarPageSchema = pageOf(calendarSummarySchema, 'CalendarPage');

export const deleteCalendarQuerySchema = z.strictObject({
  confirm: z
    .stringbool()
    .default(false)
    .describe('A calendar that events use is deleted only with `true`; without it, 409 names the events.'),
});
export type DeleteCalendarQuery = z.infer<typeof deleteCalendarQuerySchema>;

/** Body of `POST /api/calendars/import-preview`. */
export const previewImportSchema = importCalendarSchema
  .extend({
    timezone: timezoneSchema
      .default('UTC')
      .describe('The calendar’s, for times in the file that name no zone.'),
  })
  .meta({ id: 'PreviewImport' });
export type PreviewImport = z.infer<typeof previewImportSchema>;

/** Answer of `POST /api/calendars/import-preview`: what an import would store. */
export const importPreviewSchema = z
  .strictObject({
    name: z.string().nullable().describe('As the file calls itself.'),
    timezone: z.string().nullable().describe('As the file names it.'),
    rules: z.array(calendarRuleSchema).max(calendarBounds.rules),
    from: z.iso.datetime().describe('What ends before is left out.'),
    until: z.iso.datetime().describe('What begins after is left out.'),
    leftOut: z
      .int()
      .min(0)
      .describe('Entries of the file that give no rule: cancelled, or all outside of that time.'),
  })
  .meta({ id: 'ImportPreview' });
export type ImportPreview = z.infer<typeof importPreviewSchema>;

/** Calendars of an event, or of a preview. */
export const calendarIdsSchema = z
  .array(idSchema)
  .max(calendarBounds.perEvent, 'An event uses at most 10 calendars.')
  .refine((ids) => new Set(ids).size === ids.length, 'Name each calendar once.')
  .describe('Each of them must let a planned time through, or it does not run.');
