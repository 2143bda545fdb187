import { DestroyRef, inject, signal, type Signal } from '@angular/core';

/** Whether a media query holds, as it changes. Call in an injection context. */
export function follows(mediaQuery: string): Signal<boolean> {
  const query = window.matchMedia(mediaQuery);
  const holds = signal(query.matches);
  const follow = () => holds.set(query.matches);
  query.addEventListener('change', follow);
  inject(DestroyRef).onDestroy(() => query.removeEventListener('change', follow));
  return holds.asReadonly();
}
