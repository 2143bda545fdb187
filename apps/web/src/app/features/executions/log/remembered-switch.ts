import { signal, type Signal } from '@angular/core';

export interface RememberedSwitch extends Signal<boolean> {
  toggle(): void;
}

/** A choice that this browser remembers. */
export function rememberedSwitch(key: string, initially: boolean): RememberedSwitch {
  const stored = localStorage.getItem(key);
  const on = signal(stored === null ? initially : stored === 'on');
  return Object.assign(on.asReadonly(), {
    toggle: () => {
      on.update((value) => !value);
      localStorage.setItem(key, on() ? 'on' : 'off');
    },
  });
}
