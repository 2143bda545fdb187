import * as z from 'zod';

import { idSchema } from './page';
import { timezoneSchema } from './time';

/** What is promised, and how much is looked at. */
export const successBounds = {
  days: { min: 1, max: 90, default: 30 },
  /** The newest jobs that are counted. */
  jobs: 20_000,
  /** The largest groups of a kind that are told. */
  groups: 20,
  /** Milliseconds around a script, from its trigger to its first instruction and from its end until that is visible. */
  overheadMs: 500,
  /** Our own target for the start. */
  startTargetMs: 100,
  /** Of all jobs that ran, those that the platform did not fail. */
  platformSuccess: 0.999,
} as const;

const { days } = successBounds;

/** Query of `GET /api/monitoring/success`. */
export const successQuerySchema = z.strictObject({
  days: z.coerce.number().int().min(days.min).max(days.max).default(days.default),
  timezone: timezoneSchema.default('UTC').describe('Whose days are meant.'),
});
export type SuccessQuery = z.infer<typeof successQuerySchema>;

const percentilesSchema = z
  .strictObject({ p50: z.number().min(0), p95: z.number().min(0), p99: z.number().min(0) })
  .meta({ id: 'Percentiles' });
export type Percentiles = z.infer<typeof percentilesSchema>;
const milliseconds = percentilesSchema.nullable();

/** Of a group of jobs. Durations are milliseconds, null where there is none. */
const figures = {
  jobs: z.int().min(0).describe('That ended, cancelled and skipped ones left out.'),
  platformFailures: z
    .int()
    .min(0)
    .describe('Of these, those that failed or were lost though the script is not to blame.'),
  successRate: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Share that the platform did not fail. A script that fails counts as a success.'),
  start: milliseconds.describe('From its place to the first instruction of its script.'),
  end: milliseconds.describe('From the end of its script until that is on record.'),
  queueWait: milliseconds.describe(
    'From its trigger, or the end of a pause before another attempt, to its place.',
  ),
  lateness: milliseconds.describe('Of planned runs: from the time that was meant to the first instruction.'),
};

export const successFiguresSchema = z.strictObject(figures).meta({ id: 'SuccessFigures' });
export type SuccessFigures = z.infer<typeof successFiguresSchema>;

const group = z
  .strictObject({ id: idSchema.nullable(), name: z.string(), ...figures })
  .meta({ id: 'SuccessGroup' });
export type SuccessGroup = z.infer<typeof group>;

/** Answer of `GET /api/monitoring/success`: how the product does what it promises, from its own records. */
export const successMetricsSchema = z
  .strictObject({
    since: z.iso
      .datetime()
      .describe(`The newest ${successBounds.jobs} jobs of the period are counted: from here on.`),
    isWhole: z.boolean().describe('Whether that is the whole period.'),
    total: successFiguresSchema,
    errorBudget: z.strictObject({
      promised: z.number().describe('The success rate that is promised.'),
      allowed: z.number().min(0).describe('Platform failures that the promise allows among so many jobs.'),
      used: z.int().min(0),
    }),
    adoption: z.strictObject({
      events: z.int().min(0),
      onServers: z.int().min(0).describe('That name their servers, or a tag of them: the unified model.'),
    }),
    byDay: z.array(z.strictObject({ date: z.iso.date(), ...figures })).max(days.max + 1),
    byServer: z.array(group).max(successBounds.groups),
    byEvent: z.array(group).max(successBounds.groups),
    byUser: z.array(group).max(successBounds.groups),
  })
  .meta({ id: 'SuccessMetrics' });
export type SuccessMetrics = z.infer<typeof successMetricsSchema>;
