interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Items of one batch at most: bounds what one statement carries, and how long the first waits for the last. */
const mostItems = 100;
/** A batch that takes longer (a locked row, a connection that is dead and does not know it) holds up no other. */
const patienceMilliseconds = 2000;

/**
 * Does together what comes at the same time: what is added while a batch is under way makes the next one. An item that comes alone is done at
 * once, so nothing waits to be joined; under load a statement serves many.
 */
export class Batcher<Item, Result> {
  private waiting: Waiting<Item, Result>[] = [];
  private underWay: Promise<void> | undefined;

  /**
   * @param act gives a result for each item, in their order. All or nothing: what fails for several items is repeated for each alone, so that
   *   one that cannot be done keeps no other from it
   * @param failsAlike whether an error has nothing to do with the items, so that each alone would meet it again
   */
  constructor(
    private readonly act: (items: readonly Item[]) => Promise<readonly Result[]>,
    private readonly failsAlike: (error: unknown) => boolean,
    private readonly patience = patienceMilliseconds,
  ) {}

  /** Resolves, or rejects, as if the item had been done alone. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.underWay ??= this.work().finally(() => (this.underWay = undefined));
    });
  }

  private async work(): Promise<void> {
    // What is added in the same turn comes along.
    await Promise.resolve();
    while (this.waiting.length > 0) await this.patiently(this.settle(this.waiting.splice(0, mostItems)));
  }

  private async patiently(settled: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const isLate = new Promise<void>((resolve) => (timer = setTimeout(resolve, this.patience)));
    await Promise.race([settled, isLate]);
    clearTimeout(timer);
  }

  private async settle(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.act(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error('A batch gave another number of results.');
      batch.forEach(({ resolve }, index) => resolve(results[index] as Result));
    } catch (error) {
      if (batch.length === 1 || this.failsAlike(error)) batch.forEach(({ reject }) => reject(error));
      else for (const one of batch) await this.settle([one]);
    }
  }
}
