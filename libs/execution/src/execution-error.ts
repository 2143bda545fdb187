/**
 * Platform failures, as opposed to ends of a script. Codes are part of the public API: they appear in `jobs[].error.code`.
 */
export type ExecutionErrorCode =
  /** The Docker engine does not answer. */
  | 'engine_unavailable'
  /** The sandbox's image is not on the engine. */
  | 'image_missing'
  /** No space left on the server for a sandbox. */
  | 'server_disk_full'
  /** The engine refused to create or start the sandbox for another reason. */
  | 'sandbox_failed'
  /** The long-lived container of isolation `shared` is not there or not running. */
  | 'container_unavailable'
  /** The interpreter for the script's language is missing where it should run. */
  | 'interpreter_missing'
  /** The runner spoke a protocol version, or a frame, that this side does not know. */
  | 'protocol_error'
  /** The script, or the connection to it, is gone and its end is unknown. */
  | 'script_lost'
  /** Something on this side failed: the observer rejected, or a defect. */
  | 'internal_error';

/** A platform failure with a stable code, a message with cause and remedy for a person, and the original error as `cause`. */
export class ExecutionError extends Error {
  constructor(
    readonly code: ExecutionErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ExecutionError';
  }
}

/**
 * `disconnect` was called while the script ran. Nothing is wrong with the script: it goes on, and `resumeScript` finds it. A caller
 * that shuts down must not record an end.
 */
export class ExecutorDisconnectedError extends ExecutionError {
  constructor() {
    super('script_lost', 'The server was disconnected while the script ran. It goes on and can be resumed.');
    this.name = 'ExecutorDisconnectedError';
  }
}

/** An observer's refusal of a helper call; its message is shown to the script. */
export class HelperError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HelperError';
  }
}
