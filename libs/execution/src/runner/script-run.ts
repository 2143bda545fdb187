import { deferred } from '../deferred';
import { ExecutionError, HelperError } from '../execution-error';
import type { ScriptExecutionResult, ScriptObserver } from '../port';
import { AckLedger } from './ack-ledger';
import { type RunnerEnd, decodeMessage, endSchema, requestSchema, startedSchema } from './messages';
import { type Frame, FrameType, ProtocolError } from './protocol';
import type { FrameListener, RunnerSession } from './runner-session';

/** The runner enforces its own limits; only when it fails to, for this much longer, is it given up. */
const BACKSTOP_SECONDS = 30;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const STAMP_BYTES = 8;

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
  private session: RunnerSession | undefined;
  private lastSeq: number;
  private ackSent: number;
  private ackQueued = false;
  private end: RunnerEnd | undefined;
  private settled = false;
  private startedAtMs: number | undefined;
  private backstop: NodeJS.Timeout | undefined;
  private times: ScriptTimes | undefined;

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

  get isSettled(): boolean {
    return this.settled;
  }

  /** Speaks over this session from now on. */
  join(session: RunnerSession): void {
    this.session = session;
    session.listen(this);
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
        this.end = decodeMessage(endSchema, frame);
        this.acknowledge(durable);
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
    try {
      const result = await this.observer.onHelper({ method, params });
      this.session?.send(FrameType.Answer, { id, result: result ?? null });
    } catch (error) {
      if (!(error instanceof HelperError)) {
        throw error;
      }
      this.session?.send(FrameType.Answer, { id, error: error.message });
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
    if (this.end && this.ledger.settled) {
      this.flushAck();
      this.finish(this.end);
    }
  }

  private flushAck(): void {
    if (this.ledger.ackedSeq > this.ackSent && this.session) {
      this.ackSent = this.ledger.ackedSeq;
      this.session.send(FrameType.Ack, { seq: this.ackSent });
    }
  }

  private finish(report: RunnerEnd): void {
    if (report.end) {
      this.conclude({
        end: report.end,
        usage: report.usage,
        startedAt: new Date(report.startedAt),
        endedAt: new Date(report.endedAt),
      });
    } else {
      const { code, message } = report.error ?? {
        code: 'protocol_error',
        message: 'The runner reported an end without one.',
      };
      this.fail(new ExecutionError(code, message));
    }
  }

  private readonly cancel = (): void => {
    if (this.times) {
      this.session?.send(FrameType.Cancel, {});
      this.armBackstop(this.times.killGraceSeconds);
    }
  };

  private armBackstop(seconds: number): void {
    clearTimeout(this.backstop);
    const overdue = () => {
      // Output that waits for the observer holds back the end, and that is as it should be.
      if (this.ledger.settled) {
        this.fail(
          new ExecutionError(
            'script_lost',
            'The runner did not end the script in time and does not answer; it was given up.',
          ),
        );
      } else {
        this.backstop = setTimeout(overdue, BACKSTOP_SECONDS * 1000);
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
