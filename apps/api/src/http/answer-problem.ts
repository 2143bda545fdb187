import type { Problem } from '@cronium/contracts';
import type { Request, Response } from 'express';

import { requestIdOf } from './correlate-requests';
import { type DomainError, retryAfterSeconds } from './domain-error';

/** Answers with problem+json (RFC 9457); null stands for a defect, of which the caller hears no detail. */
export function answerProblem(request: Request, response: Response, error: DomainError | null): void {
  const status = error?.status ?? 500;
  const code = error?.code ?? 'internal_error';
  const problem: Problem = {
    type: `urn:cronium:problem:${code}`,
    title: error?.title ?? 'Something went wrong on the server',
    status,
    code,
    detail:
      error?.message ?? 'The server met an unexpected error. Its log has the details under this request id.',
    instance: pathOf(request),
    requestId: requestIdOf(request),
    ...(error?.fields ? { errors: [...error.fields] } : {}),
  };
  if (status === 503) response.setHeader('Retry-After', retryAfterSeconds);
  response.status(status).type('application/problem+json').send(problem);
}

/** The whole path, also where Express has cut off the prefix of a mounted handler. */
export function pathOf(request: Request): string {
  return request.originalUrl.split('?', 1)[0] ?? request.originalUrl;
}
