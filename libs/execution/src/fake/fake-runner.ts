import type { ScriptExecutionRequest } from '../port';
import type { RunnerEnd } from '../runner/messages';
import { FrameType, PROTOCOL_VERSION } from '../runner/protocol';
import type { RunnerChannel, RunnerChannelListener } from '../runner/runner-channel';
import { type FakeDirective, parseDirectives } from './fake-script';

const HEADER_BYTES = 12;
const FIRST_BYTES = 16; // the reset that every client sends first
const MIB = 1024 * 1024;
const USAGE_MS = 1000;

type FakeEnd = NonNullable<RunnerEnd['end']>;

/** Speaks the runner's protocol in memory and obeys the directives of a script (`fake-script.ts`) instead of running it. */
export class FakeRunner {
  private job: ScriptExecutionRequest | undefined;
  private kept: { seq: number; bytes: Buffer }[] = [];
  private lastSeq = 0;
  private listener: RunnerChannelListener | undefined;
  private ended = false;
  private outputBytes = 0;
  private lastRequestId = 0;
  private readonly calls = new Map<number, FakeCall>();
  private readonly interrupt = new AbortController();
  private verdict: FakeEnd | undefined;

  get hasJob(): boolean {
    return this.job !== undefined;
  }

  /** Takes over from the client before, as a second attach does. */
  connect(): RunnerChannel {
    let mine: RunnerChannelListener | undefined;
    return {
      listen: (listener) => {
        mine = listener;
        this.listener = listener;
        queueMicrotask(() => this.greet());
      },
      send: (data) => queueMicrotask(() => this.receive(data)),
      diagnostics: () => '',
      close: () => {
        if (this.listener === mine) {
          this.listener = undefined;
        }
      },
    };
  }

  /** Ends it without a word. */
  vanish(): void {
    this.interrupt.abort();
    this.ended = true;
    this.kept = [];
    const listener = this.listener;
    this.listener = undefined;
    listener?.onClose(new Error('The fake runner vanished.'));
  }

  private receive(data: Buffer): void {
    if (data.length === FIRST_BYTES) {
      return;
    }
    const message = JSON.parse(data.toString('utf8', HEADER_BYTES)) as ClientMessage;
    switch (data.readUInt8(3)) {
      case FrameType.Job:
        this.job = message;
        void this.run(message);
        break;
      case FrameType.Ack:
        this.kept = this.kept.filter(({ seq }) => seq > message.seq);
        break;
      case FrameType.Answer:
        this.calls.get(message.id)?.answer(message.error);
        this.calls.delete(message.id);
        break;
      case FrameType.Cancel:
        this.stop({ kind: 'cancelled' });
        break;
      case FrameType.Resume:
        this.kept = this.kept.filter(({ seq }) => seq > message.after);
        this.listener?.onData(Buffer.from(message.nonce, 'hex'));
        this.greet();
        for (const { bytes } of this.kept) {
          this.listener?.onData(bytes);
        }
        for (const [id, { seq, params }] of this.calls) {
          if (seq <= message.after) {
            this.say(FrameType.Request, { id, method: 'output', params });
          }
        }
        break;
      case FrameType.Bye:
        this.vanish();
        break;
    }
  }

  private greet(): void {
    const hello = {
      protocol: PROTOCOL_VERSION,
      runner: 'fake',
      state: this.ended ? 'ended' : this.job ? 'running' : 'waiting',
      jobId: this.job?.jobId ?? null,
      timeoutSeconds: this.job?.timeoutSeconds ?? null,
      killGraceSeconds: this.job?.killGraceSeconds ?? null,
    };
    this.listener?.onData(frame(FrameType.Hello, 0, Buffer.from(JSON.stringify(hello))));
  }

  private emit(type: FrameType, payload: Buffer): void {
    this.lastSeq += 1;
    const bytes = frame(type, this.lastSeq, payload);
    this.kept.push({ seq: this.lastSeq, bytes });
    this.listener?.onData(bytes);
  }

  private say(type: FrameType, message: object): void {
    this.emit(type, Buffer.from(JSON.stringify(message)));
  }

  private tellUsage(): void {
    const usage = { at: Date.now(), cpuMs: 1, memoryBytes: MIB, diskBytes: 0, outputBytes: 0, processes: 1 };
    this.listener?.onData(frame(FrameType.Usage, 0, Buffer.from(JSON.stringify(usage))));
  }

  private stop(verdict: FakeEnd): void {
    this.verdict ??= verdict;
    this.interrupt.abort();
  }

  private async run(job: ScriptExecutionRequest): Promise<void> {
    const startedAt = Date.now();
    this.say(FrameType.Started, { at: startedAt });
    const telling = setInterval(() => this.tellUsage(), USAGE_MS);
    const timeout = setTimeout(() => this.stop({ kind: 'timeout' }), job.timeoutSeconds * 1000);
    this.interrupt.signal.addEventListener('abort', () => {
      clearTimeout(timeout);
      clearInterval(telling);
    });
    let end: FakeEnd = { kind: 'exit', code: 0 };
    let error: RunnerEnd['error'];
    for (const directive of parseDirectives(job.script)) {
      const outcome = await this.obey(directive, job);
      if (this.verdict || outcome) {
        end = outcome?.end ?? end;
        error = outcome?.error;
        break;
      }
    }
    clearTimeout(timeout);
    clearInterval(telling);
    this.ended = true;
    const endedAt = Date.now();
    const wallMs = endedAt - startedAt;
    const usage = {
      wallMs,
      cpuUserMs: 1,
      cpuSystemMs: 1,
      peakMemoryBytes: MIB,
      outputBytes: this.outputBytes,
    };
    this.say(
      FrameType.End,
      error ? { error, usage, startedAt, endedAt } : { end: this.verdict ?? end, usage, startedAt, endedAt },
    );
  }

  /** Undefined: the script goes on. */
  private async obey(
    directive: FakeDirective,
    job: ScriptExecutionRequest,
  ): Promise<{ end?: FakeEnd; error?: RunnerEnd['error'] } | undefined> {
    switch (directive.kind) {
      case 'print':
        for (let left = directive.times; left > 0 && !this.verdict; left -= 1) {
          this.print(directive.stream, Buffer.from(directive.text), job.limits.outputMb * MIB);
        }
        return undefined;
      case 'environment': {
        const value = job.environment[directive.key] ?? '';
        this.print('stdout', Buffer.from(`${value}\n`), job.limits.outputMb * MIB);
        return undefined;
      }
      case 'input':
        this.print('stdout', Buffer.from(`${JSON.stringify(job.input)}\n`), job.limits.outputMb * MIB);
        return undefined;
      case 'event':
        this.print('stdout', Buffer.from(`${JSON.stringify(job.event)}\n`), job.limits.outputMb * MIB);
        return undefined;
      case 'output': {
        const refusal = await this.request(directive.value);
        if (refusal !== undefined) {
          this.print('stderr', Buffer.from(`cronium: ${refusal}\n`), job.limits.outputMb * MIB);
          return { end: { kind: 'exit', code: 1 } };
        }
        return undefined;
      }
      case 'sleep':
        await this.sleep(directive.seconds);
        return undefined;
      case 'end':
        return { end: directive.end };
      case 'error':
        return { error: directive.error };
      case 'vanish':
        this.vanish();
        return new Promise(() => undefined);
    }
  }

  private print(stream: 'stdout' | 'stderr', text: Buffer, limit: number): void {
    const data = text.subarray(0, limit - this.outputBytes);
    this.outputBytes += data.length;
    if (data.length > 0) {
      const stamp = Buffer.alloc(8);
      stamp.writeBigUInt64BE(BigInt(Date.now()) * 1000n);
      this.emit(stream === 'stdout' ? FrameType.Stdout : FrameType.Stderr, Buffer.concat([stamp, data]));
    }
    if (data.length < text.length) {
      this.stop({ kind: 'output_limit' });
    }
  }

  private request(value: unknown): Promise<string | undefined> {
    this.lastRequestId += 1;
    const id = this.lastRequestId;
    return new Promise((resolve) => {
      const params = { value };
      this.calls.set(id, { seq: this.lastSeq + 1, params, answer: resolve });
      this.say(FrameType.Request, { id, method: 'output', params });
    });
  }

  private sleep(seconds: number): Promise<void> {
    const { signal } = this.interrupt;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const timer = setTimeout(resolve, seconds * 1000);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

function frame(type: FrameType, seq: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('Cr', 0, 'latin1');
  header.writeUInt8(PROTOCOL_VERSION, 2);
  header.writeUInt8(type, 3);
  header.writeUInt32BE(seq, 4);
  header.writeUInt32BE(payload.length, 8);
  return Buffer.concat([header, payload]);
}

/** A helper call that waits for its answer. */
interface FakeCall {
  readonly seq: number;
  readonly params: object;
  readonly answer: (error: string | undefined) => void;
}

/** The union of what a client's frames say; which of it is there follows from the frame's type. */
interface ClientMessage extends ScriptExecutionRequest {
  readonly seq: number;
  readonly id: number;
  readonly error?: string;
  readonly after: number;
  readonly nonce: string;
}
