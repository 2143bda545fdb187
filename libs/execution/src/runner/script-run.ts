import { deferred } from '../deferred';
import { ExecutionError, HelperError, ScriptTakenOverError } from '../execution-error';
import type {
  HelperRequest,
  ScriptExecutionRequest,
  ScriptExecutionResult,
  ScriptObserver,
  ScriptUsage,
} from '../port';
import { AckLedger } from './ack-ledger';
import {
  type RunnerEnd,
  decodeMessage,
  endSchema,
  requestSchema,
  startedSchema,
  usageSchema,
} from './messages';
import { type Frame, FrameType, ProtocolError } from './protocol';
import { type FrameListener, GREETING_MS, type RunnerSession } from './runner-session';

/** The runner enforces its own limits; only when it fails to, for this much longer, is it given up. */
const BACKSTOP_SECONDS = 30;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const STAMP_BYTES = 8;
/** A runner has at most 16 calls open at one time, so no answer before the last 16 can be missing. */
const KEPT_ANSWERS = 16;

/** The times a script may take, as its runner knows them. */
export interface ScriptTimes {
  readonly timeoutSeconds: number;
  readonly killGraceSeconds: number;
}

/**
 * One script as seen from here: gives frames to the observer, acknowledges what is durable, answers helpers, passes on a cancel.
 * It outlives connections: when one is lost, `onDisconnected` is called, and another session may be joined.
 */
export class ScriptRun implements FrameListener {
  private readonly outcome = deferred<ScriptExecutionResult>();
  private readonly ledger: AckLedger;
  private readonly answers = new Map<number, Promise<{ result: unknown } | { error: string }>>();
  private session: RunnerSession | undefined;
  private lastSeq: number;
  private ackSent: number;
  private ackQueued = false;
  private end: { readonly report: RunnerEnd; readonly durable: () => void } | undefined;
  private isKeepingEnd = false;

  private settled = false;
  private startedAtMs: number | undefined;
  private sample: { readonly at: number; readonly cpuMs: number } | undefined;
  private lastUsage: ScriptUsage | undefined;
  private backstop: NodeJS.Timeout | undefined;
  private times: ScriptTimes | undefined;
  private job: ScriptExecutionRequest | undefined;

  /** Called when the connection is lost before the end has come. */
  onDisconnected: (cause: Error) => void = (cause) => this.fail(lostScript(cause));

  constructor(
    private readonly observer: ScriptObserver,
    private readonly signal: AbortSignal,
    ackedSeq: number,
  ) {
    this.ledger = new AckLedger(ackedSeq);
    this.lastSeq = ackedSeq;
    this.ackSent = ackedSeq;
    signal.addEventListener('abort', this.cancel);
  }

  get result(): Promise<ScriptExecutionResult> {
    return this.outcome.promise;
  }

  /** Where a new connection has to go on. */
  get ackedSeq(): number {
    return this.ledger.ackedSeq;
  }

  get startedAt(): Date | undefined {
    return this.startedAtMs === undefined ? undefined : new Date(this.startedAtMs);
  }

  /** What the script used at last; undefined before the first sample. */
  get usage(): ScriptUsage | undefined {
    return this.lastUsage;
  }

  /** Its end is being put on record. Who lets go of it now leaves it to nobody: once the end is there, no other process asks for it. */
  get isEnding(): boolean {
    return this.isKeepingEnd && !this.settled;
  }

  get isSettled(): boolean {
    return this.settled;
  }

  /** Speaks over this session from now on. */
  join(session: RunnerSession): void {
    this.session = session;
    session.listen(this);
  }

  /** Speaks over a new connection, after the one before was lost. */
  async rejoin(session: RunnerSession): Promise<void> {
    this.join(session);
    session.resume(this.ackedSeq);
    this.ackSent = this.ackedSeq;
    const { state } = await session.greeted(GREETING_MS);
    // What was said while nobody listened, or into a connection that was dead already, is said again.
    if (state === 'waiting' && this.job && !this.signal.aborted) {
      session.send(FrameType.Job, this.job);
    }
    if (this.signal.aborted) {
      this.cancel();
    }
  }

  /** Gives the runner its job. */
  start(session: RunnerSession, job: ScriptExecutionRequest): void {
    this.job = job;
    this.join(session);
    session.send(FrameType.Job, job);
    this.expectEnd(job);
  }

  /** The runner has the job: from here on it must end by itself in the time it was given. */
  expectEnd(times: ScriptTimes): void {
    this.times = times;
    this.armBackstop(times.timeoutSeconds + times.killGraceSeconds);
    if (this.signal.aborted) {
      this.cancel();
    }
  }

  onFrame(frame: Frame): void {
    if (frame.type === FrameType.Usage && !this.settled) {
      this.tellUsage(frame);
      return;
    }
    // After a lost connection the runner repeats what was not acknowledged; the observer has it already.
    if (this.settled || frame.seq <= this.lastSeq) {
      return;
    }
    this.lastSeq = frame.seq;
    const durable = this.ledger.receive(frame.seq);
    try {
      this.handle(frame, durable);
    } catch (cause) {
      this.fail(
        cause instanceof ProtocolError
          ? new ExecutionError('protocol_error', cause.message, { cause })
          : observerFailure(cause),
      );
    }
  }

  private tellUsage(frame: Frame): void {
    try {
      const sample = decodeMessage(usageSchema, frame);
      const before = this.sample ?? (this.startedAtMs && { at: this.startedAtMs, cpuMs: 0 });
      this.sample = sample;
      if (!before || sample.at <= before.at) return;
      const { at, cpuMs, ...now } = sample;
      const cpuPercent = Math.max(0, (100 * (cpuMs - before.cpuMs)) / (at - before.at));
      this.lastUsage = { at: new Date(at), cpuPercent, ...now };
      this.observer.onUsage(this.lastUsage);
    } catch (cause) {
      this.fail(new ExecutionError('protocol_error', 'The runner told figures that are none.', { cause }));
    }
  }

  onLost(cause: Error): void {
    if (!this.settled) {
      this.session = undefined;
      if (cause instanceof ProtocolError) {
        this.fail(new ExecutionError('protocol_error', cause.message, { cause }));
      } else {
        this.onDisconnected(cause);
      }
    }
  }

  /** Gives up: `result` rejects. The script itself is the caller's to end. */
  fail(error: ExecutionError): void {
    if (!this.settled) {
      this.settle();
      this.outcome.reject(error);
    }
  }

  /** Ends with a result that the runner could not report. */
  conclude(result: ScriptExecutionResult): void {
    if (!this.settled) {
      this.settle();
      this.outcome.resolve(result);
    }
  }

  private handle(frame: Frame, durable: () => void): void {
    switch (frame.type) {
      case FrameType.Started:
        this.startedAtMs = decodeMessage(startedSchema, frame).at;
        this.observer.onStarted(new Date(this.startedAtMs));
        this.acknowledge(durable);
        break;
      case FrameType.Stdout:
      case FrameType.Stderr:
        this.handOver(frame).then(
          () => this.acknowledge(durable),
          (cause: unknown) => this.fail(observerFailure(cause)),
        );
        break;
      case FrameType.Request:
        this.answer(frame).then(
          () => this.acknowledge(durable),
          (cause: unknown) => this.fail(observerFailure(cause)),
        );
        break;
      case FrameType.End:
        this.end = { report: decodeMessage(endSchema, frame), durable };
        this.keepEnd();
        break;
      default:
        throw new ProtocolError(`The runner sent a frame of unknown type ${frame.type}.`);
    }
  }

  private handOver(frame: Frame): Promise<void> {
    return this.observer.onOutput({
      seq: frame.seq,
      stream: frame.type === FrameType.Stdout ? 'stdout' : 'stderr',
      at: new Date(Number(frame.payload.readBigUInt64BE(0) / 1000n)),
      data: frame.payload.subarray(STAMP_BYTES),
    });
  }

  private async answer(frame: Frame): Promise<void> {
    const { id, method, params } = decodeMessage(requestSchema, frame);
    // A call whose answer was lost with a connection comes again; the observer has heard it.
    const known = this.answers.get(id) ?? this.ask({ method, params });
    this.answers.delete(id);
    this.answers.set(id, known);
    const [oldest] = this.answers.keys();
    if (this.answers.size > KEPT_ANSWERS && oldest !== undefined) {
      this.answers.delete(oldest);
    }
    this.session?.send(FrameType.Answer, { id, ...(await known) });
  }

  private async ask(request: HelperRequest): Promise<{ result: unknown } | { error: string }> {
    try {
      return { result: (await this.observer.onHelper(request)) ?? null };
    } catch (error) {
      if (error instanceof HelperError) {
        return { error: error.message };
      }
      throw error;
    }
  }

  /** Acknowledgements of one turn of the event loop go out together. */
  private acknowledge(durable: () => void): void {
    durable();
    if (!this.ackQueued) {
      this.ackQueued = true;
      setImmediate(() => {
        this.ackQueued = false;
        this.flushAck();
      });
    }
    this.keepEnd();
  }

  /** The end is kept after all that came before it, and acknowledged last: until then another process can still ask for it. */
  private keepEnd(): void {
    if (!this.end || this.isKeepingEnd || this.ledger.openCount > 1) {
      return;
    }
    this.isKeepingEnd = true;
    const { report, durable } = this.end;
    const result = resultOf(report);
    const kept = result ? this.observer.onEnd(result) : Promise.resolve();
    kept.then(
      () => {
        durable();
        this.flushAck();
        this.finish(report, result);
      },
      (cause: unknown) => this.fail(observerFailure(cause)),
    );
  }

  private flushAck(): void {
    if (this.ledger.ackedSeq > this.ackSent && this.session) {
      this.ackSent = this.ledger.ackedSeq;
      this.session.send(FrameType.Ack, { seq: this.ackSent });
    }
  }

  private finish(report: RunnerEnd, result: ScriptExecutionResult | undefined): void {
    if (result) {
      this.conclude(result);
    } else {
      const { code, message } = report.error ?? {
        code: 'protocol_error',
        message: 'The runner reported an end without one.',
      };
      this.fail(new ExecutionError(code, message));
    }
  }

  private readonly cancel = (): void => {
    if (this.signal.reason instanceof ScriptTakenOverError) {
      this.fail(this.signal.reason);
      return;
    }
    if (this.times) {
      this.session?.send(FrameType.Cancel, {});
      this.armBackstop(this.times.killGraceSeconds);
    }
  };

  private armBackstop(seconds: number): void {
    clearTimeout(this.backstop);
    const overdue = () => {
      // Output that waits for the observer holds back the end, and that is as it should be. A runner that cannot be reached
      // is looked for as long as its server's patience lasts, which is the reconnector's to say.
      if (this.ledger.settled && this.session) {
        this.fail(
          new ExecutionError(
            'script_lost',
            'The runner did not end the script in time and does not answer; it was given up.',
          ),
        );
      } else {
        this.backstop = setTimeout(overdue, BACKSTOP_SECONDS * 1000).unref();
      }
    };
    this.backstop = setTimeout(overdue, Math.min((seconds + BACKSTOP_SECONDS) * 1000, LONGEST_TIMER_MS));
    this.backstop.unref();
  }

  private settle(): void {
    this.settled = true;
    clearTimeout(this.backstop);
    this.signal.removeEventListener('abort', this.cancel);
  }
}

function resultOf({ end, usage, startedAt, endedAt }: RunnerEnd): ScriptExecutionResult | undefined {
  return end && { end, usage, startedAt: new Date(startedAt), endedAt: new Date(endedAt) };
}

function observerFailure(cause: unknown): ExecutionError {
  if (cause instanceof ExecutionError) {
    return cause;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExecutionError('internal_error', `What the script said could not be kept: ${reason}`, { cause });
}

export function lostScript(cause: Error): ExecutionError {
  return new ExecutionError('script_lost', `The script is lost, its end is unknown. ${cause.message}`, {
    cause,
  });
}
