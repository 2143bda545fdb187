import * as z from 'zod';

export const defaultPageSize = 50;
export const maxPageSize = 200;

/** Query of every list. `cursor` is opaque: take it from the page before. */
export const pageQuerySchema = z.strictObject({
  cursor: z
    .string()
    .max(500)
    .optional()
    .describe('`nextCursor` of the page before; absent for the first page.'),
  limit: z.coerce.number().int().min(1).max(maxPageSize).default(defaultPageSize).describe('Items a page.'),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

/** A page of a list; `nextCursor` is null on the last one. */
export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** The page schema of an item schema, named for OpenAPI. */
export function pageOf<T extends z.ZodType>(item: T, id: string) {
  return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable() }).meta({ id });
}

export const idSchema = z.uuid().describe('UUID v7.');

/** Route parameter `:id`. */
export const idParamsSchema = z.strictObject({ id: idSchema });
export type IdParams = z.infer<typeof idParamsSchema>;
