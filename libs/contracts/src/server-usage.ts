import * as z from 'zod';

/** Samples of a server's usage are kept for so many days. */
export const serverUsageDays = 30;
export const maxServerUsageSamples = 300;

/** Query of `GET /api/servers/:id/usage/history`. */
export const serverUsageQuerySchema = z.strictObject({
  hours: z.coerce
    .number()
    .int()
    .min(1)
    .max(serverUsageDays * 24)
    .default(24)
    .describe('How far back, in hours.'),
});
export type ServerUsageQuery = z.infer<typeof serverUsageQuerySchema>;

/** What a server’s machine used in one stretch of time: CPU and load on average, memory and disk at most. */
export const serverUsageSampleSchema = z
  .strictObject({
    at: z.iso.datetime().describe('When the stretch begins.'),
    cpuPercent: z.number().min(0).describe('Of one core: two busy cores are 200.'),
    memoryBytes: z.int().min(0),
    diskBytes: z.int().min(0),
    load: z.number().min(0).nullable().describe('Of one minute; null where the host does not tell.'),
  })
  .meta({ id: 'ServerUsageSample' });
export type ServerUsageSample = z.infer<typeof serverUsageSampleSchema>;

export const serverUsageHistorySchema = z
  .strictObject({
    everySeconds: z.int().min(60).describe('Length of a stretch; machines are asked once a minute.'),
    samples: z
      .array(serverUsageSampleSchema)
      .max(maxServerUsageSamples + 1)
      .describe('By time.'),
    last: z
      .strictObject({
        at: z.iso.datetime(),
        cores: z.number(),
        memoryLimitBytes: z.int().min(0),
        diskLimitBytes: z.int().min(0),
        uptimeSeconds: z
          .int()
          .min(0)
          .nullable()
          .describe('Since the host was started; null where it does not tell.'),
      })
      .nullable()
      .describe('What was told last; null when nothing was within the time asked for.'),
  })
  .meta({ id: 'ServerUsageHistory' });
export type ServerUsageHistory = z.infer<typeof serverUsageHistorySchema>;
