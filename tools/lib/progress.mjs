/**
 * Prints one step of a set-up as it happens: what it says, how it ended and how long it took. Steps may run at the same
 * time, so every line names its step.
 * @template T
 * @param {string} name
 * @param {(log: (line: string) => void) => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, work) {
  const begin = performance.now();
  try {
    const result = await work((line) => line.trim() && console.log(`  ${name}: ${line}`));
    console.log(`✓ ${name} (${secondsSince(begin)})`);
    return result;
  } catch (error) {
    console.log(`✗ ${name} (${secondsSince(begin)})`);
    throw error;
  }
}

/** @param {number} begin a reading of `performance.now()` */
export function secondsSince(begin) {
  return `${((performance.now() - begin) / 1000).toFixed(1)} s`;
}
