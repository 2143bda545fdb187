import { HttpErrorResponse, type HttpInterceptorFn } from '@angular/common/http';
import type { FieldError, Problem } from '@cronium/contracts';
import { catchError, throwError } from 'rxjs';

/** A request that the API refused, or that did not reach it. `message` says cause and remedy, for a person. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';

  constructor(
    /** HTTP status; 0 when there was no answer. */
    readonly status: number,
    /** Stable code of the API, or `unreachable`. */
    readonly code: string,
    readonly title: string,
    detail: string,
    readonly fields: readonly FieldError[] = [],
    readonly requestId?: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'code' in body && 'detail' in body && 'title' in body;
}

/** `HttpClient` leaves an error body as text when another type of answer was asked for. */
function parseBody(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}

/** Any failure as an `ApiProblem`. */
export function toApiProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (!(error instanceof HttpErrorResponse)) {
    const detail = error instanceof Error ? error.message : String(error);
    return new ApiProblem(0, 'unexpected', 'Something unexpected happened', detail, [], undefined, {
      cause: error,
    });
  }
  const body = parseBody(error.error);
  if (isProblem(body)) {
    return new ApiProblem(
      error.status,
      body.code,
      body.title,
      body.detail,
      body.errors ?? [],
      body.requestId,
      {
        cause: error,
      },
    );
  }
  if (error.status === 0 || error.status === 502 || error.status === 504) {
    const detail =
      'The server cannot be reached. Check that it runs and that you are connected, then try again.';
    return new ApiProblem(error.status, 'unreachable', 'Cronium does not answer', detail, [], undefined, {
      cause: error,
    });
  }
  const detail = `The server answered ${error.status} without saying why. Try again; its log knows more.`;
  return new ApiProblem(error.status, 'unknown', 'The request failed', detail, [], undefined, {
    cause: error,
  });
}

/** Outermost: everything after it sees only `ApiProblem`. */
export const problemInterceptor: HttpInterceptorFn = (request, next) =>
  next(request).pipe(catchError((error: unknown) => throwError(() => toApiProblem(error))));
