import { ExecutionError, type ExecutionErrorCode } from '../execution-error';
import { missingRuntime } from './engine-abilities';

/** What dockerode and the socket below it put on their errors. */
interface EngineFailure {
  readonly message: string;
  readonly code?: string;
  readonly statusCode?: number;
}

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'EACCES',
  'EPERM',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/** Reads it as data: an error of another realm (a test's, a worker's) is no instance of our `Error`. */
function describe(cause: unknown): EngineFailure {
  if (typeof cause !== 'object' || cause === null) {
    return { message: String(cause) };
  }
  return {
    message: 'message' in cause ? String(cause.message) : JSON.stringify(cause),
    code: 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined,
    statusCode: 'statusCode' in cause && typeof cause.statusCode === 'number' ? cause.statusCode : undefined,
  };
}

/** Whether the engine says that there is no such container (or that it is being removed already). */
export function isGone(cause: unknown): boolean {
  const { statusCode, message } = describe(cause);
  return (
    statusCode === 404 ||
    (statusCode === 409 && /removal of container .* is already in progress/i.test(message))
  );
}

/** Whether the engine says that it was so already, for example started. */
export function isUnchanged(cause: unknown): boolean {
  return describe(cause).statusCode === 304;
}

export function isConflict(cause: unknown): boolean {
  return describe(cause).statusCode === 409;
}

/** As Docker says it up to version 22, from 23 on, and as Podman does. */
const unknownRuntime =
  /unknown or invalid runtime name: ([\w.-]+)|unknown runtime specified ([\w.-]+)|OCI runtime "([\w.-]+)" not found/i;

/** The engine's answer as one of our codes, with what to do about it. */
export function engineError(cause: unknown, doing: string): ExecutionError {
  if (cause instanceof ExecutionError) {
    return cause;
  }
  const failure = describe(cause);
  const runtime = unknownRuntime.exec(failure.message)?.slice(1).find(Boolean);
  if (runtime !== undefined) {
    return missingRuntime(runtime, cause);
  }
  const [code, message] = classify(failure, doing);
  return new ExecutionError(code, message, { cause });
}

function classify({ message, code, statusCode }: EngineFailure, doing: string): [ExecutionErrorCode, string] {
  if (statusCode === undefined && code !== undefined && UNREACHABLE.has(code)) {
    const remedy =
      code === 'EACCES' || code === 'EPERM'
        ? 'This process may not open the engine’s socket.'
        : 'Is the Docker engine running, and is DOCKER_HOST right?';
    return ['engine_unavailable', `The Docker engine does not answer (${code}). ${remedy}`];
  }
  if (statusCode === 404 && /no such image|image not known|image .*not found/i.test(message)) {
    return [
      'image_missing',
      'The executor image is not on the engine. `npm start` builds it; see also docker/executor/README.md.',
    ];
  }
  if (/no space left on device/i.test(message)) {
    return [
      'server_disk_full',
      'The Docker engine has no disk space left. Free some, for example with `docker system prune`.',
    ];
  }
  return ['sandbox_failed', `The Docker engine failed at ${doing}: ${message}`];
}
