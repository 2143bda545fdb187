import { DestroyRef, inject, signal, type Signal } from '@angular/core';

/** Whether the window is at most so wide, for what is built otherwise on a phone and not only styled so. Call in an injection context. */
export function isNarrow(pixels: number): Signal<boolean> {
  const query = window.matchMedia(`(max-width: ${pixels}px)`);
  const narrow = signal(query.matches);
  const follow = () => narrow.set(query.matches);
  query.addEventListener('change', follow);
  inject(DestroyRef).onDestroy(() => query.removeEventListener('change', follow));
  return narrow.asReadonly();
}
