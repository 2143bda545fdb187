import type { ScriptExecutionRequest } from '../port';
import type { RunnerEnd } from '../runner/messages';
import { FrameType, PROTOCOL_VERSION, encodeRunnerFrame } from '../runner/protocol';
import type { RunnerChannel, RunnerChannelListener } from '../runner/runner-channel';
import type { SshChannel } from './ssh-channel';
import { Utf8Cutter } from './utf8-cutter';

const HEADER_BYTES = 12;
const RESET_BYTES = 16;
const MIB = 1024 * 1024;
/** The far side gives up a client that it has not heard for a minute. */
const ALIVE_MS = 15_000;
/** With this much not yet durable the host has to wait. */
const MAX_UNACKNOWLEDGED_BYTES = 4 * MIB;

type End = NonNullable<RunnerEnd['end']>;
type Verdict = 'timeout' | 'cancelled' | 'output_limit';

/**
 * Speaks the runner's protocol on this side for a bash on the other (plain-bash.ts). Nothing is kept for another client: a script ends
 * with its connection.
 */
export class PlainBashRunner implements RunnerChannel {
  private listener: RunnerChannelListener | undefined;
  private job: ScriptExecutionRequest | undefined;
  /** Undefined until the script runs. */
  private startedAt: number | undefined;
  private line = '';
  private verdict: Verdict | undefined;
  private lastSeq = 0;
  private ended = false;
  private outputBytes = 0;
  private unacknowledged: { seq: number; bytes: number }[] = [];
  private readonly cutters = { stdout: new Utf8Cutter(), stderr: new Utf8Cutter() };
  private readonly timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly channel: SshChannel,
    private readonly where: string,
    private readonly reason: string,
  ) {
    this.timers.push(setInterval(() => this.command('alive'), ALIVE_MS));
    channel.onStderr = (chunk) => this.print('stderr', chunk);
  }

  listen(listener: RunnerChannelListener): void {
    this.listener = listener;
    queueMicrotask(() => {
      this.greet();
      this.channel.listen({
        onData: (chunk) =>
          this.startedAt === undefined ? this.readLine(chunk) : this.print('stdout', chunk),
        onClose: (cause) => this.conclude(cause),
      });
    });
  }

  /** One frame at a time, as `RunnerSession` sends them. */
  send(data: Buffer): void {
    if (data.length === RESET_BYTES) {
      return;
    }
    const message = JSON.parse(data.toString('utf8', HEADER_BYTES)) as ClientMessage;
    switch (data.readUInt8(3)) {
      case FrameType.Job:
        this.begin(message);
        break;
      case FrameType.Ack:
        this.acknowledge(message.seq);
        break;
      case FrameType.Cancel:
        this.stop('cancelled', message.graceSeconds ?? this.job?.killGraceSeconds ?? 0);
        break;
      case FrameType.Bye:
        // The far side kills what is left, and wipes.
        this.close();
        break;
    }
  }

  diagnostics(): string {
    return '';
  }

  close(): void {
    this.clearTimers();
    this.ended = true;
    this.command('kill');
    this.channel.endInput();
    this.channel.close();
    const { listener } = this;
    this.listener = undefined;
    listener?.onClose(undefined);
  }

  private greet(): void {
    this.emit(FrameType.Hello, 0, {
      protocol: PROTOCOL_VERSION,
      runner: 'bash',
      state: 'waiting',
      jobId: null,
      timeoutSeconds: null,
      killGraceSeconds: null,
    });
  }

  private begin(job: ScriptExecutionRequest): void {
    if (this.job) {
      return;
    }
    this.job = job;
    const pairs = Object.entries(job.environment).map(([key, value]) => `${key}=${value}`);
    const fields = [job.jobId, String(pairs.length), ...pairs, job.script];
    // A zero byte ends a field; no environment and no script of bash can hold one.
    this.channel.send(Buffer.from(fields.map((field) => `${field.replaceAll('\0', '')}\0`).join('')));
  }

  /** What is said before the script: that it has started, or why it has not. */
  private readLine(chunk: Buffer): void {
    this.line += chunk.toString('latin1');
    const end = this.line.indexOf('\n');
    if (end < 0) {
      return;
    }
    const [said, rest] = [this.line.slice(0, end), Buffer.from(this.line.slice(end + 1), 'latin1')];
    const now = Date.now();
    if (said !== 'started') {
      this.finish(
        {
          error: {
            code: 'server_disk_full',
            message: `${this.where} has no room for a job’s folder (in its $TMPDIR, or /tmp): ${said}.`,
          },
        },
        now,
      );
      return;
    }
    this.startedAt = now;
    this.say(FrameType.Started, { at: now, pid: 0 });
    // Somebody wanted it to end before there was anything to end.
    if (this.verdict !== undefined) this.command('kill');
    this.print(
      'stderr',
      Buffer.from(
        `cronium: helpers (cronium_input, cronium_output, …) are unavailable on this host, and limits other than time and output are not enforced: ${this.reason}\n`,
      ),
      true,
    );
    const seconds = this.job?.timeoutSeconds ?? 0;
    this.timers.push(
      setTimeout(
        () => this.stop('timeout', this.job?.killGraceSeconds ?? 0),
        Math.min(seconds * 1000, 2 ** 31 - 1),
      ),
    );
    if (rest.length > 0) {
      this.print('stdout', rest);
    }
  }

  private print(stream: 'stdout' | 'stderr', chunk: Buffer, isOurs = false): void {
    if (this.ended || this.startedAt === undefined) {
      return;
    }
    let data = isOurs ? chunk : this.cutters[stream].push(chunk);
    const room = (this.job?.limits.outputMb ?? 0) * MIB - this.outputBytes;
    if (!isOurs) {
      if (data.length > room) {
        data = data.subarray(0, room);
        this.stop('output_limit', 0);
      }
      this.outputBytes += data.length;
    }
    this.deliver(stream, data);
  }

  private deliver(stream: 'stdout' | 'stderr', data: Buffer): void {
    if (data.length === 0) {
      return;
    }
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(Date.now()) * 1000n);
    this.lastSeq += 1;
    this.unacknowledged.push({ seq: this.lastSeq, bytes: data.length });
    if (this.unacknowledgedBytes() > MAX_UNACKNOWLEDGED_BYTES) {
      this.channel.pause();
    }
    const type = stream === 'stdout' ? FrameType.Stdout : FrameType.Stderr;
    this.listener?.onData(encodeRunnerFrame(type, this.lastSeq, Buffer.concat([stamp, data])));
  }

  private acknowledge(seq: number): void {
    this.unacknowledged = this.unacknowledged.filter((frame) => frame.seq > seq);
    if (this.unacknowledgedBytes() <= MAX_UNACKNOWLEDGED_BYTES) {
      this.channel.resume();
    }
  }

  private unacknowledgedBytes(): number {
    return this.unacknowledged.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  private stop(verdict: Verdict, graceSeconds: number): void {
    if (this.verdict !== undefined && graceSeconds > 0) {
      return;
    }
    this.verdict ??= verdict;
    if (this.startedAt === undefined || graceSeconds === 0) {
      this.command('kill');
    } else {
      this.command('term');
      this.timers.push(setTimeout(() => this.command('kill'), graceSeconds * 1000));
    }
  }

  private command(word: 'alive' | 'term' | 'kill'): void {
    if (this.startedAt !== undefined) {
      this.channel.send(Buffer.from(`${word}\0`));
    }
  }

  private conclude(cause: Error | undefined): void {
    const { exit } = this.channel;
    if (this.ended) {
      return;
    }
    if (!exit || cause || this.startedAt === undefined) {
      this.clearTimers();
      this.listener?.onClose(cause ?? new Error('bash ended before the script was started.'));
      return;
    }
    this.deliver('stdout', this.cutters.stdout.end());
    this.deliver('stderr', this.cutters.stderr.end());
    const end: End = this.verdict
      ? { kind: this.verdict }
      : exit.code === undefined
        ? { kind: 'signal', signal: exit.signal ?? 'SIGKILL' }
        : { kind: 'exit', code: exit.code };
    this.finish({ end }, Date.now());
  }

  private finish(report: Pick<RunnerEnd, 'end' | 'error'>, endedAt: number): void {
    this.clearTimers();
    this.ended = true;
    const startedAt = this.startedAt ?? endedAt;
    this.say(FrameType.End, {
      ...report,
      usage: {
        wallMs: endedAt - startedAt,
        cpuUserMs: 0,
        cpuSystemMs: 0,
        peakMemoryBytes: 0,
        outputBytes: this.outputBytes,
      },
      startedAt,
      endedAt,
    });
  }

  private say(type: FrameType, message: object): void {
    this.lastSeq += 1;
    this.emit(type, this.lastSeq, message);
  }

  private emit(type: FrameType, seq: number, message: object): void {
    this.listener?.onData(encodeRunnerFrame(type, seq, Buffer.from(JSON.stringify(message))));
  }

  private clearTimers(): void {
    for (const timer of this.timers.splice(0)) {
      clearTimeout(timer);
    }
  }
}

/** The union of what a client's frames say; which of it is there follows from the frame's type. */
interface ClientMessage extends ScriptExecutionRequest {
  readonly seq: number;
  readonly graceSeconds?: number;
}
