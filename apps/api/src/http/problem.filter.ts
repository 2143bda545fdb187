import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { ThrottlerException } from '@nestjs/throttler';
import type { Request, Response } from 'express';

import { isDatabaseGone } from '../database/database-gone';
import { answerProblem, pathOf } from './answer-problem';
import { DomainError } from './domain-error';

/** The one place where an error becomes an answer (RFC 9457). What is not known here is a defect: 500, logged, and no detail to the caller. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const domain = toDomainError(error, request);
    if (!domain) this.logger.error({ err: error, path: request.path }, 'A request failed unexpectedly.');
    if (response.headersSent) response.destroy();
    else answerProblem(request, response, domain);
  }
}

function toDomainError(error: unknown, request: Request): DomainError | null {
  if (error instanceof DomainError) return error;
  if (error instanceof ThrottlerException) {
    return new DomainError(
      'too_many',
      'too_many_requests',
      'Too many attempts. Wait a minute and try again.',
    );
  }
  if (isDatabaseGone(error)) {
    return new DomainError(
      'unavailable',
      'database_unavailable',
      'The database does not answer. Try again shortly.',
    );
  }
  return error instanceof HttpException ? fromHttpException(error, request) : null;
}

/** Nest's own refusals: unknown routes, and bodies that are no JSON or too large. */
function fromHttpException(error: HttpException, request: Request): DomainError | null {
  const status = error.getStatus();
  if (status === 404) {
    return new DomainError(
      'not_found',
      'route_not_found',
      `There is no ${request.method} ${pathOf(request)}.`,
    );
  }
  if (status === 401) return new DomainError('unauthenticated', 'unauthenticated', error.message);
  if (status === 403) return new DomainError('forbidden', 'forbidden', error.message);
  if (status === 413) return new DomainError('too_large', 'body_too_large', 'The body is larger than 4 MiB.');
  if (status >= 400 && status < 500) return new DomainError('invalid', 'bad_request', error.message);
  return null;
}
