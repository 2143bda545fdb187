import { Component, computed, inject, input } from '@angular/core';
import type { QueueTurn as Turn } from '@cronium/contracts';

import { Clock } from '../time/clock';
import { formatExact } from '../time/relative-time';
import { turnWords } from './turn-words';

/** Where a queued job stands, in a sentence; one that is not yet due counts down. */
@Component({
  selector: 'cr-queue-turn',
  template: '<span [title]="title()">{{ words() }}</span>',
})
export class QueueTurn {
  private readonly clock = inject(Clock);

  readonly turn = input.required<Turn>();
  readonly serverName = input.required<string>();

  protected readonly words = computed(() => {
    const turn = this.turn();
    return turnWords(turn, this.serverName(), turn.notBefore === null ? 0 : this.clock.now());
  });
  protected readonly title = computed(() => {
    const { notBefore, message } = this.turn();
    return notBefore === null ? message : `Not before ${formatExact(Date.parse(notBefore))}`;
  });
}
