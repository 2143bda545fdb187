import type { FieldError } from '@cronium/contracts';

/** Kinds of domain errors, each with its HTTP status and the title of its problem. */
const kinds = {
  invalid: { status: 400, title: 'The request is not valid' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  forbidden: { status: 403, title: 'Not allowed' },
  not_found: { status: 404, title: 'Not found' },
  conflict: { status: 409, title: 'The request does not fit the present state' },
  changed: { status: 412, title: 'Somebody else has changed it meanwhile' },
  too_large: { status: 413, title: 'The request is too large' },
  too_many: { status: 429, title: 'Too many requests' },
  unavailable: { status: 503, title: 'Not available now' },
} as const;
/** What `Retry-After` says when something is not available now. */
export const retryAfterSeconds = '5';

export type DomainErrorKind = keyof typeof kinds;

/**
 * What a service throws when a request cannot be done. The exception filter turns it into problem+json; nothing else does.
 *
 * `code` is stable and public; `message` says what happened and the remedy.
 */
export class DomainError extends Error {
  readonly status: number;
  readonly title: string;

  constructor(
    kind: DomainErrorKind,
    readonly code: string,
    message: string,
    readonly fields?: readonly FieldError[],
  ) {
    super(message);
    this.name = 'DomainError';
    this.status = kinds[kind].status;
    this.title = kinds[kind].title;
  }
}

/** A thing that is not there, or that the caller may not know of: both answer the same. */
export function notFound(
  what:
    | 'alert'
    | 'alert_channel'
    | 'alert_rule'
    | 'alert_silence'
    | 'calendar'
    | 'event'
    | 'execution'
    | 'job'
    | 'server'
    | 'user',
  id: string,
): DomainError {
  return new DomainError(
    'not_found',
    `${what}_not_found`,
    `There is no ${what.replace('_', ' ')} ${id} that you may see.`,
  );
}
