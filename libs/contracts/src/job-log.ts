import * as z from 'zod';

export const logStreamSchema = z.enum(['stdout', 'stderr']).meta({ id: 'LogStream' });
export type LogStream = z.infer<typeof logStreamSchema>;

/**
 * One line of output, or a piece of one: a line longer than 64 KiB, or one whose end was not yet written, comes in several
 * entries. All but the last piece of a line lack the newline at the end of `text`.
 */
export const logEntrySchema = z
  .strictObject({
    seq: z.int().min(1).describe('1, 2, 3, … within a job, over both streams, without gaps.'),
    stream: logStreamSchema,
    at: z.iso.datetime().describe('When the output was read from the script.'),
    text: z
      .string()
      .describe(
        'With its newline, if it had one. Bytes that are not UTF-8 are shown as U+FFFD; the raw log has them as written.',
      ),
  })
  .meta({ id: 'LogEntry' });
export type LogEntry = z.infer<typeof logEntrySchema>;

export const maxLogEntries = 5000;

/** A place in a log; the bound keeps it, and the next one, within the database's integer. */
export const logPlaceSchema = z.int().min(0).max(2_147_483_646);

/** Query of `GET /api/jobs/:id/log`. */
export const logQuerySchema = z.strictObject({
  after: z.coerce.number().pipe(logPlaceSchema).default(0).describe('Entries after this `seq`.'),
  limit: z.coerce.number().int().min(1).max(maxLogEntries).default(1000).describe('Entries at most.'),
});
export type LogQuery = z.infer<typeof logQuerySchema>;

export const logPageSchema = z
  .strictObject({
    entries: z.array(logEntrySchema),
    next: z
      .int()
      .min(0)
      .describe('Give this as `after` to go on. Equal to `after` when there is nothing new.'),
    complete: z.boolean().describe('True when the job has ended and this page reaches its last entry.'),
  })
  .meta({ id: 'LogPage' });
export type LogPage = z.infer<typeof logPageSchema>;

/** Query of `GET /api/jobs/:id/log/raw`. */
export const rawLogQuerySchema = z.strictObject({
  stream: logStreamSchema.optional().describe('Only this stream; both, in order, when absent.'),
});
export type RawLogQuery = z.infer<typeof rawLogQuerySchema>;
