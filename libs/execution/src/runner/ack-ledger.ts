/** Which frames are durable. Frames become durable in any order; the runner is told only of the unbroken beginning. */
export class AckLedger {
  private readonly open: { seq: number; durable: boolean }[] = [];
  private head = 0;
  private acked: number;

  constructor(ackedSeq: number) {
    this.acked = ackedSeq;
  }

  /** The last frame of the unbroken beginning. */
  get ackedSeq(): number {
    return this.acked;
  }

  /** Whether every frame received is durable. */
  get settled(): boolean {
    return this.head === this.open.length;
  }

  /** Frames that were received and are not durable, and those after them. */
  get openCount(): number {
    return this.open.length - this.head;
  }

  /** Notes a frame, in order of sequence; the function returned says that it is durable. */
  receive(seq: number): () => void {
    const entry = { seq, durable: false };
    this.open.push(entry);
    return () => {
      entry.durable = true;
      this.advance();
    };
  }

  private advance(): void {
    for (let next = this.open[this.head]; next?.durable; next = this.open[this.head]) {
      this.acked = next.seq;
      this.head += 1;
    }
    // Cutting off the front at each step would be quadratic.
    if (this.head > 1024 || this.head === this.open.length) {
      this.open.splice(0, this.head);
      this.head = 0;
    }
  }
}
