import * as z from 'zod';

import { jobStateSchema } from './execution';
import { logStreamSchema } from './job-log';
import { idSchema, pageQuerySchema } from './page';

/** Words of a search at most; a term with signs in it, as `10.0.0.1`, has several. */
export const maxLogSearchWords = 20;
const maxText = 200;

/** Query of `GET /api/logs/search`, newest first. */
export const logSearchQuerySchema = pageQuerySchema.extend({
  q: z
    .string('Give what to look for.')
    .trim()
    .min(1, 'Give what to look for.')
    .max(maxText, `Give at most ${maxText} characters.`)
    .describe(
      'Words that a line must have, whole and in any order, in upper or lower case: letters and digits. `"side by side"` for a phrase, `begin*` for what begins so, `-word` or `-"a phrase"` for what the line must not have. Words that signs join, as `10.0.0.1` or `ERR_TIMED_OUT`, stand in the line with these signs.',
    ),
  eventId: idSchema.optional(),
  serverId: idSchema.optional().describe('Of jobs on this server.'),
  state: jobStateSchema.optional().describe('Of jobs that are in this state now.'),
  stream: logStreamSchema.optional(),
  from: z.iso.datetime({ offset: true }).optional().describe('Written at or after this instant.'),
  to: z.iso.datetime({ offset: true }).optional().describe('Written before this instant.'),
});
export type LogSearchQuery = z.infer<typeof logSearchQuerySchema>;

export const logHitSchema = z
  .strictObject({
    jobId: idSchema,
    executionId: idSchema,
    eventId: idSchema.nullable().describe('Null when the event was deleted since.'),
    eventName: z.string(),
    serverName: z.string(),
    state: jobStateSchema,
    stream: logStreamSchema,
    at: z.iso.datetime().describe('When the line was read from the script.'),
    seq: z.int().min(1).describe('Its place in the log of the job, as in `LogEntry`.'),
    text: z
      .string()
      .describe('The line without colours. A long one is cut around the first hit, with … where it is.'),
    ranges: z
      .array(z.tuple([z.int().min(0), z.int().min(0)]))
      .describe('Where `text` has what was looked for: from and to, in UTF-16 code units.'),
  })
  .meta({ id: 'LogHit' });
export type LogHit = z.infer<typeof logHitSchema>;

export const logHitPageSchema = z
  .strictObject({
    items: z
      .array(logHitSchema)
      .describe(
        'Newest first. A search that takes long answers with what it has so far, which may be nothing: `nextCursor` goes on.',
      ),
    nextCursor: z.string().nullable(),
    searchedBackTo: z.iso
      .datetime()
      .nullable()
      .describe('How far back was looked; null when that is everything.'),
  })
  .meta({ id: 'LogHitPage' });
export type LogHitPage = z.infer<typeof logHitPageSchema>;
