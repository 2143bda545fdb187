import { QueryFailedError } from 'typeorm';

/** The `code` of an error of Node (`ENOENT`), of a socket, or of Postgres (`23505`); undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether a statement was refused because a unique index has such a row already (unique_violation, Postgres' list of error codes). */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof QueryFailedError && errorCode(error.driverError) === '23505';
}
