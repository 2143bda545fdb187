import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
} from 'typeorm';

import { errorCode } from '../error-code';

/** Classes 08 (connection), 53 (no connection, memory or disk left) and 57P (operator intervention) of Postgres' error codes. */
const databaseGone = /^(08|53|57P)/;
const socketGone = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND'],
  ...['EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'],
]);
/** pg's own errors, and Postgres' for a database that is closed to connections, whose code (55000) says many other things. */
const words =
  /Connection terminated|not currently accepting connections|timeout exceeded when trying to connect|not queryable/;

/** TypeORM's, when the connection broke between two statements of a transaction: the query runner's, its manager's. */
const released = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

/** Whether a statement failed since the database does not answer, or cannot for now: repeated later it may succeed. */
export function isDatabaseGone(error: unknown): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const code = errorCode(cause) ?? '';
  if (released.some((kind) => cause instanceof kind)) return true;
  if (databaseGone.test(code) || socketGone.has(code)) return true;
  return cause instanceof Error && words.test(cause.message);
}

/** Deadlock and serialization failure: the transaction was chosen to be rolled back, and may be repeated. */
export function isRolledBack(error: unknown): boolean {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  return ['40P01', '40001'].includes(errorCode(cause) ?? '');
}
