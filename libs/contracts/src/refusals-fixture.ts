import type * as z from 'zod';

/** Why a schema refuses a value: each field's path, and what is told of it. Empty when it takes the value. */
export function refusals(schema: z.ZodType, value: unknown): { path: string; message: string }[] {
  const { error } = schema.safeParse(value);
  return (error?.issues ?? []).map(({ path, message }) => ({ path: path.join('.'), message }));
}
