import type { Container } from 'dockerode';

import type { RunnerChannel, RunnerChannelListener } from '../runner/runner-channel';
import { RESIDENT_COMMAND } from './container-spec';
import { execInside } from './long-lived-container';

/*
 * The stream to the resident of a container (resident.py), which carries those of many runners. Each frame is
 * `kind u8 | channel u32 | length u32` (big endian) and a payload.
 */
enum Kind {
  Open = 1,
  Attach = 2,
  Data = 3,
  Close = 4,
}
const HEAD_BYTES = 9;

/** What a new runner is given for its lifetime; its job's limits may be stricter. */
export interface RunnerRoom {
  readonly id: string;
  readonly diskMb: number;
  readonly pids: number;
}

/** One stream to a resident, for as long as it lasts. */
export class ResidentLink {
  private readonly channels = new Map<number, ResidentChannel>();
  private lastNumber = 0;
  private pieces: Buffer[] = [];
  private pendingBytes = 0;
  private lost: Error | undefined;

  private constructor(private readonly stream: RunnerChannel) {
    stream.listen({
      onData: (chunk) => this.receive(chunk),
      onClose: (cause) =>
        this.lose(cause ?? new Error(`The stream to the resident has ended. ${stream.diagnostics()}`)),
    });
  }

  static async to(container: Container): Promise<ResidentLink> {
    return new ResidentLink(await execInside(container, [...RESIDENT_COMMAND, 'front']));
  }

  get isLost(): boolean {
    return this.lost !== undefined;
  }

  /** A new runner, and the stream to it. */
  open(room: RunnerRoom): RunnerChannel {
    return this.channel(Kind.Open, room);
  }

  /** Another stream to a runner. It closes at once when there is no such runner. */
  attach(id: string): RunnerChannel {
    return this.channel(Kind.Attach, { id });
  }

  close(): void {
    this.lose(new Error('The stream to the resident was closed on this side.'));
  }

  private channel(kind: Kind.Open | Kind.Attach, message: object): RunnerChannel {
    const number = ++this.lastNumber;
    const channel = new ResidentChannel(
      (data) => this.send(Kind.Data, number, data),
      () => {
        if (this.channels.delete(number)) this.send(Kind.Close, number, Buffer.alloc(0));
      },
    );
    if (this.lost) {
      channel.end(this.lost, '');
    } else {
      this.channels.set(number, channel);
      this.send(kind, number, Buffer.from(JSON.stringify(message)));
    }
    return channel;
  }

  private send(kind: Kind, channel: number, payload: Buffer): void {
    if (this.lost) return;
    const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
    frame.writeUInt8(kind, 0);
    frame.writeUInt32BE(channel, 1);
    frame.writeUInt32BE(payload.length, 5);
    payload.copy(frame, HEAD_BYTES);
    this.stream.send(frame);
  }

  private receive(chunk: Buffer): void {
    this.pieces.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.pendingBytes < this.needed()) return;
    let data = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces, this.pendingBytes);
    while (data.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + data.readUInt32BE(5);
      if (data.length < end) break;
      this.accept(data.readUInt8(0), data.readUInt32BE(1), data.subarray(HEAD_BYTES, end));
      data = data.subarray(end);
    }
    this.pieces = data.length > 0 ? [data] : [];
    this.pendingBytes = data.length;
  }

  /** So many bytes must be here before it is worth joining them. */
  private needed(): number {
    const [first] = this.pieces;
    return first && first.length >= HEAD_BYTES ? HEAD_BYTES + first.readUInt32BE(5) : HEAD_BYTES;
  }

  private accept(kind: number, number: number, payload: Buffer): void {
    const channel = this.channels.get(number);
    if (kind === Kind.Data) {
      channel?.receive(payload);
    } else {
      this.channels.delete(number);
      channel?.end(undefined, payload.toString('utf8'));
    }
  }

  private lose(cause: Error): void {
    if (this.lost) return;
    this.lost = cause;
    this.stream.close();
    for (const channel of this.channels.values()) channel.end(cause, '');
    this.channels.clear();
  }
}

/** The stream to one runner. */
class ResidentChannel implements RunnerChannel {
  private listener: RunnerChannelListener | undefined;
  /** What came before somebody listened. */
  private early: Buffer[] = [];
  private ended: { readonly cause: Error | undefined } | undefined;
  private said = '';
  private isClosed = false;

  constructor(
    private readonly write: (data: Buffer) => void,
    private readonly leave: () => void,
  ) {}

  listen(listener: RunnerChannelListener): void {
    this.listener = listener;
    for (const chunk of this.early.splice(0)) listener.onData(chunk);
    if (this.ended && !this.isClosed) listener.onClose(this.ended.cause);
  }

  send(data: Buffer): void {
    if (!this.isClosed && !this.ended) this.write(data);
  }

  diagnostics(): string {
    return this.said;
  }

  close(): void {
    this.isClosed = true;
    this.listener = undefined;
    if (!this.ended) this.leave();
  }

  receive(chunk: Buffer): void {
    if (this.listener) this.listener.onData(chunk);
    else if (!this.isClosed) this.early.push(chunk);
  }

  end(cause: Error | undefined, said: string): void {
    if (this.ended) return;
    this.ended = { cause };
    this.said = said;
    this.listener?.onClose(cause);
  }
}
