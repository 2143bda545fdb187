import * as z from 'zod';

/** One field of a request that was refused. */
export const fieldErrorSchema = z
  .strictObject({
    path: z.string().describe('Where in the request, for example `body.limits.memoryMb` or `query.limit`.'),
    message: z.string().describe('What is wrong and what would be right.'),
  })
  .meta({ id: 'FieldError' });
export type FieldError = z.infer<typeof fieldErrorSchema>;

/** Every error of the API (RFC 9457, `application/problem+json`). */
export const problemSchema = z
  .strictObject({
    type: z.string().describe('`urn:cronium:problem:<code>`'),
    title: z.string().describe('The kind of problem in words; the same for every occurrence.'),
    status: z.int().min(400).max(599),
    code: z.string().describe('Stable code for programs, for example `event_not_found`.'),
    detail: z.string().describe('What happened this time, and the remedy.'),
    instance: z.string().describe('Path of the request.'),
    requestId: z.string().describe('The id under which the server’s log knows this request.'),
    errors: z.array(fieldErrorSchema).optional().describe('Present when fields of the request were refused.'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problemSchema>;
