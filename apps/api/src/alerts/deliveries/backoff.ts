/** Ten attempts within an hour and a half; by then somebody has seen it in the product. */
export const mostAttempts = 10;
const firstSeconds = 10;

/**
 * Seconds from an attempt that failed to the next: twice as long each time. Null when that was the last.
 *
 * @param attempt the first is 1
 */
export function secondsAfter(attempt: number): number | null {
  return attempt >= mostAttempts ? null : firstSeconds * 2 ** (attempt - 1);
}
