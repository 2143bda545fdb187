/** Hears a channel. Calls come in order; nothing comes after `onClose`. */
export interface RunnerChannelListener {
  onData(chunk: Buffer): void;
  /** The stream is at its end, with the reason when it was not a clean one. */
  onClose(cause: Error | undefined): void;
}

/** The byte stream to one runner, whatever carries it: a container's attach, an exec, an SSH channel, a child process. */
export interface RunnerChannel {
  /** Sets the one listener, in the place of an earlier one. What arrived before the first is kept for it. */
  listen(listener: RunnerChannelListener): void;
  send(data: Buffer): void;
  /** What the runner, or what carries it, said besides the protocol; for an operator. */
  diagnostics(): string;
  /** Lets go of the runner without ending it. Idempotent. */
  close(): void;
}
