import type { Server } from '@cronium/contracts';

/** Jobs that have not begun on a server, in words: `2 queued, 3 waiting for it`; empty when there are none. */
export function queueWords({ queued, waiting }: Server['load']): string {
  const turn = queued - waiting;
  return [turn > 0 ? `${turn} queued` : '', waiting > 0 ? `${waiting} waiting for it` : '']
    .filter(Boolean)
    .join(', ');
}
