import { Batcher } from './batcher';

/** Doubles numbers, in batches that it remembers. */
function doubling(refused?: number) {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>(
    async (items) => {
      batches.push([...items]);
      await new Promise(setImmediate);
      if (refused !== undefined && items.includes(refused)) throw new RangeError(`not ${refused}`);
      return items.map((item) => item * 2);
    },
    (error) => !(error instanceof RangeError),
  );
  return { batcher, batches };
}

describe('Batcher', () => {
  it('does together what comes at once, and what comes meanwhile next, each with its own result', async () => {
    const { batcher, batches } = doubling();
    const first = [batcher.add(1), batcher.add(2)];
    await Promise.resolve();
    const next = [batcher.add(3), batcher.add(4), batcher.add(5)];
    await expect(Promise.all([...first, ...next])).resolves.toEqual([2, 4, 6, 8, 10]);
    await expect(batcher.add(6)).resolves.toBe(12);
    expect(batches).toEqual([[1, 2], [3, 4, 5], [6]]);
  });

  it('lets one that cannot be done keep no other from it', async () => {
    const { batcher } = doubling(2);
    const results = await Promise.allSettled([batcher.add(1), batcher.add(2), batcher.add(3)]);
    expect(results).toEqual([
      { status: 'fulfilled', value: 2 },
      { status: 'rejected', reason: new RangeError('not 2') },
      { status: 'fulfilled', value: 6 },
    ]);
  });

  it('repeats nothing that each alone would meet again', async () => {
    const act = jest.fn(() => Promise.reject(new Error('gone')));
    const batcher = new Batcher<number, number>(act, () => true);
    const results = await Promise.allSettled([batcher.add(1), batcher.add(2)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(act).toHaveBeenCalledTimes(1);
  });

  it('lets a batch that hangs hold up no other', async () => {
    const act = (items: readonly number[]) =>
      items.includes(1) ? new Promise<number[]>(() => undefined) : Promise.resolve([...items]);
    const batcher = new Batcher<number, number>(act, () => true, 10);
    void batcher.add(1);
    await Promise.resolve();
    await expect(batcher.add(2)).resolves.toBe(2);
  });

  it('bounds a batch', async () => {
    const { batcher, batches } = doubling();
    await Promise.all(Array.from({ length: 150 }, (_, index) => batcher.add(index)));
    expect(batches.map(({ length }) => length)).toEqual([100, 50]);
  });
});
