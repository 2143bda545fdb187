import { deferred } from '../deferred';
import { randomBytes } from 'node:crypto';

import { ExecutionError } from '../execution-error';
import { type HostRoom, type RunnerHello, decodeMessage, helloSchema, hostRoomSchema } from './messages';
import {
  type Frame,
  FrameParser,
  FrameType,
  MarkerSkipper,
  PROTOCOL_VERSION,
  ProtocolError,
  RESET,
  encodeFrame,
} from './protocol';
import type { RunnerChannel, RunnerChannelListener } from './runner-channel';

/** A runner greets within milliseconds; a machine under full load may take seconds to start it. */
export const GREETING_MS = 30_000;

/** Who listens to the frames after the hello. */
export interface FrameListener {
  onFrame(frame: Frame): void;
  onLost(cause: Error): void;
}

/** The stream to a runner has ended, or it said nothing sensible. */
export class RunnerLostError extends Error {
  override readonly name = 'RunnerLostError';
}

/** One connection to one runner: framing, the greeting, and taking over. What is said about a script is `ScriptRun`'s. */
export class RunnerSession {
  private parser = new FrameParser();
  private skipper: MarkerSkipper | undefined;
  private listener: FrameListener | undefined;
  private lost: Error | undefined;
  private greeting = deferred<RunnerHello>();
  private readonly closeListeners: (() => void)[] = [];
  private room: HostRoom | undefined;
  private hello: RunnerHello | undefined;

  constructor(private readonly channel: RunnerChannel) {
    // A session that nobody waits for may be lost in silence.
    this.greeting.promise.catch(() => undefined);
    channel.listen({
      onData: (chunk) => this.receive(chunk),
      onClose: (cause) => this.lose(new RunnerLostError(this.describeLoss(cause), { cause })),
    });
    channel.send(RESET);
  }

  /** What the runner's machine had left at last. */
  get hostRoom(): HostRoom | undefined {
    return this.room;
  }

  /** The runner's greeting. Rejects when there is none in time: a runner says it at once. */
  async greeted(timeoutMs: number): Promise<RunnerHello> {
    const timer = setTimeout(() => {
      this.lose(
        new RunnerLostError(`The runner said nothing within ${timeoutMs / 1000} s. ${this.diagnostics()}`),
      );
    }, timeoutMs);
    try {
      return await this.greeting.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks for every frame after `seq`, and for a new greeting, which `greeted` then waits for. */
  resume(seq: number): void {
    const nonce = randomBytes(16);
    this.skipper = new MarkerSkipper(nonce);
    this.parser = new FrameParser();
    this.greeting = deferred<RunnerHello>();
    this.greeting.promise.catch(() => undefined);
    this.send(FrameType.Resume, { after: seq, nonce: nonce.toString('hex') });
  }

  listen(listener: FrameListener): void {
    this.listener = listener;
    if (this.lost) {
      listener.onLost(this.lost);
    }
  }

  /** Calls once when the stream ends; at once if it has. */
  onClosed(listener: () => void): void {
    if (this.lost) {
      listener();
    } else {
      this.closeListeners.push(listener);
    }
  }

  send(type: FrameType, message: object): void {
    if (!this.lost) {
      this.channel.send(encodeFrame(type, message));
    }
  }

  /** Tells a runner that waits for a job that it is still wanted. */
  keepAlive(): void {
    this.send(FrameType.KeepAlive, {});
  }

  /**
   * Passes the stream on to another reader, which hears from here on what the runner says, and first what this session has read as its
   * own: the greeting, if it came, with the newest figures of its machine. Answers the way to the runner. Before a job, or a resume.
   */
  handOver(reader: RunnerChannelListener): RunnerChannel {
    if (this.hello) {
      reader.onData(encodeFrame(FrameType.Hello, { ...this.hello, host: this.room }));
    }
    const { unread } = this.parser;
    if (unread.length > 0) reader.onData(unread);
    if (this.lost) {
      reader.onClose(this.lost);
      return this.channel;
    }
    this.channel.listen({
      onData: (chunk) => reader.onData(chunk),
      onClose: (cause) => {
        reader.onClose(cause);
        // Whoever waits for the runner to leave still waits here.
        this.lose(new RunnerLostError(this.describeLoss(cause), { cause }));
      },
    });
    return this.channel;
  }

  close(): void {
    this.listener = undefined;
    this.lose(new RunnerLostError('The connection to the runner was closed on this side.'));
  }

  diagnostics(): string {
    return this.channel.diagnostics().trim();
  }

  private receive(chunk: Buffer): void {
    let data: Buffer | undefined = chunk;
    if (this.skipper) {
      data = this.skipper.push(chunk);
      if (data === undefined) {
        return;
      }
      this.skipper = undefined;
    }
    try {
      this.parser.push(data, (frame) => this.accept(frame));
    } catch (cause) {
      this.lose(cause instanceof Error ? cause : new ProtocolError(String(cause)));
    }
  }

  private accept(frame: Frame): void {
    if (frame.type === FrameType.Hello) {
      const hello = decodeMessage(helloSchema, frame);
      this.hello = hello;
      this.room = hello.host ?? this.room;
      this.greeting.resolve(hello);
    } else if (frame.type === FrameType.Host) {
      this.room = decodeMessage(hostRoomSchema, frame);
    } else {
      this.listener?.onFrame(frame);
    }
  }

  private lose(cause: Error): void {
    if (this.lost) {
      return;
    }
    this.lost = cause;
    this.greeting.reject(cause);
    this.channel.close();
    this.listener?.onLost(cause);
    for (const listener of this.closeListeners) {
      listener();
    }
  }

  private describeLoss(cause: Error | undefined): string {
    return ['The connection to the runner has ended.', cause?.message, this.diagnostics()]
      .filter(Boolean)
      .join(' ');
  }
}

export function checkVersion(hello: RunnerHello): void {
  if (hello.protocol !== PROTOCOL_VERSION) {
    throw new ExecutionError(
      'protocol_error',
      `The runner in the image speaks protocol version ${hello.protocol}, this side ${PROTOCOL_VERSION}. Build the image again.`,
    );
  }
}
