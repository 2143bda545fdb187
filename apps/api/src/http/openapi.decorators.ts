import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ZodType } from 'zod';

const meanings: Record<number, string> = {
  400: 'The request is not valid; `errors` names each field.',
  401: 'No access token, or one that is not valid.',
  403: 'The caller may not do this.',
  404: 'There is no such thing, or the caller may not see it.',
  409: 'The request does not fit the present state.',
  413: 'The body is larger than 4 MiB.',
  412: 'Somebody else has changed it since the version in If-Match.',
  429: 'Too many requests; see Retry-After.',
  500: 'A defect of the server.',
  503: 'Not available now; see Retry-After.',
};

/** Documents an operation: what it does, its answer, and which errors it may give; 500 is always one of them. */
export function Answers(
  summary: string,
  status: number,
  schema: ZodType | undefined,
  errors: readonly number[],
): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiResponse({ status, description: summary, ...(schema ? { standardSchema: schema } : {}) }),
    ...[...errors, 500].map((code) =>
      ApiResponse({
        status: code,
        description: meanings[code] ?? '',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
  );
}
