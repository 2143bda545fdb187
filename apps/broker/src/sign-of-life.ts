import { writeFile } from 'node:fs/promises';

const PERIOD_MS = 5_000;

/**
 * Writes a file as long as the broker and its engine are well, from now on every 5 s: who watches it needs no more than the file's age, where
 * a process that asked by the socket would take a tenth of a second of processor each time. Answers what ends it.
 */
export function showSignsOfLife(file: string, isWell: () => Promise<boolean>): () => void {
  const show = async (): Promise<void> => {
    if (await isWell()) await writeFile(file, '');
  };
  // A folder that cannot be written to is one more way not to be well.
  const tick = () => void show().catch(() => undefined);
  tick();
  const timer = setInterval(tick, PERIOD_MS);
  return () => clearInterval(timer);
}
