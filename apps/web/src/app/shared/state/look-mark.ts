import { Component, booleanAttribute, input } from '@angular/core';

import { Icon } from '../icon/icon';
import type { StateLook } from './states';

/** Anything that has a word, an icon and a colour of a state. */
@Component({
  selector: 'cr-look-mark',
  imports: [Icon],
  template: '<cr-icon [path]="look().icon" /><span>{{ look().word }}</span>',
  styleUrl: './state-chip.scss',
  host: { '[class]': 'look().tone', '[class.plain]': 'plain()' },
})
export class LookMark {
  readonly look = input.required<StateLook>();
  /** Without a background, for tables. */
  readonly plain = input(false, { transform: booleanAttribute });
}
