import * as z from 'zod';

export type JsonValue = z.core.util.JSONType;

/** Any JSON value. As `z.json()`, with a name of its own in the OpenAPI document: a recursive schema without one gets another name in each place. */
export const jsonSchema: z.ZodType<JsonValue> = z
  .lazy(() =>
    z.union([
      z.string(),
      z.number(),
      z.boolean(),
      z.null(),
      z.array(jsonSchema),
      z.record(z.string(), jsonSchema),
    ]),
  )
  .meta({ id: 'JsonValue' });

/** Size as JSON in UTF-8. */
export function jsonBytes(value: JsonValue): number {
  return new TextEncoder().encode(JSON.stringify(value)).length;
}
