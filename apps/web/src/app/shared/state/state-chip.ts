import { Component, booleanAttribute, computed, input } from '@angular/core';

import { Icon } from '../icon/icon';
import { stateLook } from './states';

/** The state of a job or execution: icon, word and colour. */
@Component({
  selector: 'cr-state-chip',
  imports: [Icon],
  template: '<cr-icon [path]="look().icon" [class.turns]="turns()" /><span>{{ look().word }}</span>',
  styleUrl: './state-chip.scss',
  host: { '[class]': 'look().tone', '[class.plain]': 'plain()', '[attr.data-state]': 'state()' },
})
export class StateChip {
  readonly state = input.required<string>();
  /** Without a background, for tables. */
  readonly plain = input(false, { transform: booleanAttribute });

  protected readonly look = computed(() => stateLook(this.state()));
  protected readonly turns = computed(() => this.state() === 'running' || this.state() === 'starting');
}
