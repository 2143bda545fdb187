import type { Signal } from '@angular/core';

import { follows } from './media-query';

/** Whether the window is at most so wide, for what is built otherwise on a phone and not only styled so. Call in an injection context. */
export function isNarrow(pixels: number): Signal<boolean> {
  return follows(`(max-width: ${pixels}px)`);
}
