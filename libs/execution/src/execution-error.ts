/**
 * Platform failures, as opposed to ends of a script. Codes are part of the public API: they appear in `jobs[].error.code`.
 */
export const executionErrorCodes = [
  /** The Docker engine does not answer. */
  'engine_unavailable',
  /** The sandbox's image is not on the engine. */
  'image_missing',
  /** The engine does not know the runtime that the server is set to, or does not use it. */
  'runtime_missing',
  /** The engine cannot hold containers to their limits. */
  'limits_unenforced',
  /** No space left on the server for a sandbox, or a job's folder. */
  'server_disk_full',
  /** The engine refused to create or start the sandbox for another reason. */
  'sandbox_failed',
  /** The long-lived container of isolation `shared` is not there or not running. */
  'container_unavailable',
  /**
   * The broker on another machine shows another certificate than the one that it was joined with, or does not know this Cronium any more: it
   * is to be joined anew.
   */
  'broker_untrusted',
  /** The interpreter for the script's language is missing where it should run. */
  'interpreter_missing',
  /** The runner spoke a protocol version, or a frame, that this side does not know. */
  'protocol_error',
  /** The script, or the connection to it, is gone and its end is unknown. */
  'script_lost',
  /** The host's name does not resolve, or nothing answers at its address in time, or the connection broke. */
  'host_unreachable',
  /** No key of the ssh host is approved yet: nobody knows who answers there. */
  'host_key_unapproved',
  /** The ssh host shows another key than the approved one: another machine answers, or the host was set up anew. */
  'host_key_changed',
  /** The ssh host refused the key or the password. */
  'authentication_failed',
  /** The runner cannot be placed or started on the ssh host: a read-only home, a missing permission, a folder that others may write. */
  'runner_unavailable',
  /** The login shell of the ssh host runs no command, or something that it runs first speaks or reads in our place. */
  'shell_unusable',
  /** Something on this side failed: the observer rejected, or a defect. */
  'internal_error',
] as const;
export type ExecutionErrorCode = (typeof executionErrorCodes)[number];

/** Failures that end by themselves, when the server is back: its host, its engine or its container is away. */
export const outageCodes: readonly string[] = [
  'host_unreachable',
  'engine_unavailable',
  'container_unavailable',
] satisfies ExecutionErrorCode[];

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
 * `disconnect` was called while the script ran. Nothing is wrong with the script: it goes on, and `resumeScript` finds it. Before a handle was
 * given the script was not started, and will not be. A caller that shuts down must not record an end.
 */
export class ExecutorDisconnectedError extends ExecutionError {
  constructor() {
    super('script_lost', 'The server was disconnected while the script ran. It goes on and can be resumed.');
    this.name = 'ExecutorDisconnectedError';
  }
}

/**
 * Another process follows the script by now. An observer rejects with it, or it is the reason of the abort: then the script is let go of, goes
 * on, and nothing of it is removed.
 */
export class ScriptTakenOverError extends ExecutionError {
  constructor() {
    super('script_lost', 'Another process follows the script by now.');
    this.name = 'ScriptTakenOverError';
  }
}

/** A resumed script had never been started, and will not be: what was prepared for it is removed. It may be started anew. */
export class ScriptNotStartedError extends ExecutionError {
  constructor(jobId: string) {
    super('script_lost', `The script of job ${jobId} had not been started.`);
    this.name = 'ScriptNotStartedError';
  }
}

/** An observer's refusal of a helper call; its message is shown to the script. */
export class HelperError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HelperError';
  }
}
