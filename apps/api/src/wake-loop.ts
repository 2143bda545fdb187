/** What a loop does when it is woken; resolves with the milliseconds until it is to look again by itself. */
type Look = () => Promise<number>;

/** Looks when it is woken and when its time has come, never twice at once; woken while it looks, it looks again. */
export class WakeLoop {
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private isWoken = false;
  /** Whether it was told to stop. */
  isStopped = false;

  /**
   * @param onError told of a look that failed
   * @param retryMilliseconds after which it is repeated
   */
  constructor(
    private readonly look: Look,
    private readonly onError: (error: unknown) => void,
    private readonly retryMilliseconds = 1000,
  ) {}

  wake(): void {
    if (this.isStopped) return;
    if (this.looking) {
      this.isWoken = true;
      return;
    }
    clearTimeout(this.timer);
    this.looking = this.look()
      .catch((error: unknown) => {
        this.onError(error);
        return this.retryMilliseconds;
      })
      .then((pause) => {
        this.looking = undefined;
        if (this.isStopped) return;
        const isWoken = this.isWoken;
        this.isWoken = false;
        if (isWoken) this.wake();
        else this.timer = setTimeout(() => this.wake(), pause);
      });
  }

  /** Resolves when it looks no more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    await this.looking;
  }
}
