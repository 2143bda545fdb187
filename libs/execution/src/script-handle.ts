import * as z from 'zod';

/**
 * Enough to find a running script again. Small, versioned, plain JSON; the caller persists it before the script starts
 * and gives it back to `resumeScript`. The shape of `location` belongs to the executor that made it.
 */
export const scriptHandleSchema = z.strictObject({
  version: z.literal(1),
  jobId: z.string(),
  /** Which executor wrote it, and what that executor needs to find the script. */
  location: z.record(z.string(), z.string()),
  /** Output up to this frame is durable with the caller. The caller raises it before it resumes. */
  ackedSeq: z.int().min(0),
});
export type ScriptHandle = z.infer<typeof scriptHandleSchema>;
