import {
  Component,
  DestroyRef,
  ElementRef,
  ViewEncapsulation,
  afterNextRender,
  effect,
  inject,
  input,
  output,
  signal,
  untracked,
  viewChild,
} from '@angular/core';
import type { TerminalSizeMessage } from '@cronium/contracts';

import { Theme } from '../../../core/theme/theme';
import type { XtermScreen } from './xterm-screen';

/** What a shell shows, and where its keys are typed. xterm.js is loaded when the first one is shown. */
@Component({
  selector: 'cr-terminal-screen',
  template: '<div #host class="xterm-host"></div>',
  styleUrl: './terminal-screen.scss',
  // xterm makes its own elements, which know nothing of Angular's.
  encapsulation: ViewEncapsulation.None,
})
export class TerminalScreen {
  /** Whether keys are taken. */
  readonly live = input.required<boolean>();
  readonly ready = output<TerminalSizeMessage>();
  readonly typed = output<string>();
  readonly resized = output<TerminalSizeMessage>();
  readonly left = output();
  readonly copied = output<string>();

  private readonly host = viewChild.required<ElementRef<HTMLElement>>('host');
  private readonly screen = signal<XtermScreen | null>(null);

  constructor() {
    const destroyRef = inject(DestroyRef);
    const theme = inject(Theme);
    afterNextRender(() => void this.create(destroyRef));
    effect(() => {
      const live = this.live();
      const screen = this.screen();
      untracked(() => screen?.setLive(live));
    });
    effect(() => {
      theme.choice();
      const screen = this.screen();
      untracked(() => screen?.repaint());
    });
    const system = matchMedia('(prefers-color-scheme: dark)');
    const repaint = () => this.screen()?.repaint();
    system.addEventListener('change', repaint);
    destroyRef.onDestroy(() => {
      system.removeEventListener('change', repaint);
      this.screen()?.destroy();
    });
  }

  write(data: Uint8Array, shown: () => void): void {
    this.screen()?.write(data, shown);
  }

  reset(): void {
    this.screen()?.reset();
  }

  focus(): void {
    this.screen()?.focus();
  }

  private async create(destroyRef: DestroyRef): Promise<void> {
    const { XtermScreen } = await import('./xterm-screen');
    const screen = await XtermScreen.open(this.host().nativeElement, {
      typed: (text) => this.typed.emit(text),
      resized: (size) => this.resized.emit(size),
      left: () => this.left.emit(),
      copied: (text) => this.copied.emit(text),
    });
    if (destroyRef.destroyed) {
      screen.destroy();
      return;
    }
    this.screen.set(screen);
    this.ready.emit(screen.size);
  }
}
