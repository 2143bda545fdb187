import { Logger } from '@nestjs/common';

/** Between two lines that say the same, in milliseconds. */
const pause = 10 * 60_000;

/** Says in the log that spans are lost: when it begins, once in a while as it goes on, and when it is over. */
export class LossReport {
  private readonly logger = new Logger('Tracing');
  private lostSpans = 0;
  private saidAt: number | undefined;

  /** @param url where spans are sent */
  constructor(
    private readonly url: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  lost(spans: number, error: Error): void {
    this.lostSpans += spans;
    if (this.saidAt !== undefined && this.now() - this.saidAt < pause) return;
    this.saidAt = this.now();
    this.logger.warn(
      { err: error, receiver: this.receiver, lostSpans: this.lostSpans },
      'Traces cannot be sent: their receiver does not take them. Nothing waits for it; the spans are lost.',
    );
  }

  sent(): void {
    if (this.saidAt === undefined) return;
    this.logger.log({ receiver: this.receiver, lostSpans: this.lostSpans }, 'Traces are sent again.');
    this.saidAt = undefined;
    this.lostSpans = 0;
  }

  /** Without what an address may hold that is nobody's business. */
  private get receiver(): string {
    const { origin, pathname } = new URL(this.url);
    return `${origin}${pathname}`;
  }
}
