/** What is being written for one job. */
export class Writes {
  private readonly underWay = new Set<Promise<void>>();

  /** Gives back what it is given. */
  follow<T>(write: Promise<T>): Promise<T> {
    const over: Promise<void> = write.then(
      () => void this.underWay.delete(over),
      // Who asked for the write hears of its failure.
      () => void this.underWay.delete(over),
    );
    this.underWay.add(over);
    return write;
  }

  /** Resolves when all that was followed so far is written, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }
}
