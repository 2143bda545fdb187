const BURST_SECONDS = 10;

/** A token bucket: so many requests a second over time, and what was not used in the last ten seconds at once. */
export class RequestRate {
  private tokens: number;
  private filledAt: number;

  constructor(
    private readonly perSecond: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tokens = perSecond * BURST_SECONDS;
    this.filledAt = now();
  }

  /** Whether one more may be made now; counts it if so. */
  take(): boolean {
    const now = this.now();
    const gained = ((now - this.filledAt) / 1000) * this.perSecond;
    this.tokens = Math.min(this.perSecond * BURST_SECONDS, this.tokens + gained);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens -= 1;
    return true;
  }
}
