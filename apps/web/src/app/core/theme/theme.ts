import { Injectable, inject, signal, DOCUMENT } from '@angular/core';

export type ThemeChoice = 'system' | 'light' | 'dark';

/** Also read by public/theme.js, before the first paint. */
const storageKey = 'cronium.theme';

function isChoice(value: string | null): value is ThemeChoice {
  return value === 'system' || value === 'light' || value === 'dark';
}

/** Light, dark, or as the system says; kept for this browser. */
@Injectable({ providedIn: 'root' })
export class Theme {
  private readonly document = inject(DOCUMENT);
  private readonly chosen = signal<ThemeChoice>(this.stored());
  readonly choice = this.chosen.asReadonly();

  choose(choice: ThemeChoice): void {
    this.chosen.set(choice);
    const { dataset } = this.document.documentElement;
    if (choice === 'system') delete dataset['theme'];
    else dataset['theme'] = choice;
    localStorage.setItem(storageKey, choice);
  }

  private stored(): ThemeChoice {
    const value = localStorage.getItem(storageKey);
    return isChoice(value) ? value : 'system';
  }
}
