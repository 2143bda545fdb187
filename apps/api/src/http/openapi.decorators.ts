import { problemSchema } from '@cronium/contracts';
import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse } from '@nestjs/swagger';
import type { ZodType } from 'zod';

const meanings: Record<number, string> = {
  400: 'The request is not valid; `errors` names each field.',
  401: 'No access token, or one that is not valid.',
  403: 'The caller may not do this.',
  404: 'There is no such thing, or the caller may not see it.',
  409: 'The request does not fit the present state.',
  429: 'Too many requests.',
  503: 'Not available now; see Retry-After.',
};

/** Documents an operation: what it does, its answer, and which errors it may give. */
export function Answers(
  summary: string,
  status: number,
  schema: ZodType | undefined,
  errors: readonly number[],
): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiBearerAuth(),
    ApiResponse({ status, description: summary, ...(schema ? { standardSchema: schema } : {}) }),
    ...errors.map((code) =>
      ApiResponse({
        status: code,
        description: meanings[code] ?? '',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      }),
    ),
    ApiResponse({ status: 500, description: 'A defect of the server.', standardSchema: problemSchema }),
  );
}
