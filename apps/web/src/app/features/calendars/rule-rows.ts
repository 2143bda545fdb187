import { Component, ElementRef, inject, Injector, afterNextRender, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import { mdiClose, mdiPlus } from '@mdi/js';

import { Field, FieldControl } from '../../shared/form/field';
import { Icon } from '../../shared/icon/icon';
import { newRow, type RuleRow } from './calendar-form';
import { ruleKindWords } from './calendar-words';
import { DayChoice } from './day-choice';

const months = Array.from({ length: 12 }, (_, month) => ({
  number: month + 1,
  word: new Date(Date.UTC(2024, month)).toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' }),
}));

/** The rules of a calendar that are written by hand, a row each. */
@Component({
  selector: 'cr-rule-rows',
  imports: [DayChoice, Field, FieldControl, FormField, Icon],
  templateUrl: './rule-rows.html',
  styleUrl: './rule-rows.scss',
})
export class RuleRows {
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly injector = inject(Injector);

  readonly rows = input.required<FieldTree<RuleRow[]>>();

  protected readonly kinds = Object.keys(ruleKindWords) as RuleRow['kind'][];
  protected readonly kindWords = ruleKindWords;
  protected readonly months = months;
  protected readonly icons = { close: mdiClose, plus: mdiPlus };

  /** A row of this kind, with the focus in it. */
  protected add(kind: RuleRow['kind']): void {
    this.rows()().value.update((rows) => [...rows, newRow(kind)]);
    afterNextRender(
      () => {
        const added = [...this.host.nativeElement.querySelectorAll<HTMLElement>('.rule')].at(-1);
        added?.querySelector<HTMLElement>('cr-day-choice button, input, select')?.focus();
      },
      { injector: this.injector },
    );
  }

  protected remove(index: number): void {
    this.rows()().value.update((rows) => rows.filter((_, at) => at !== index));
  }

  /** The next day, when a night passes midnight. */
  protected isPastMidnight({ from, to }: RuleRow): boolean {
    return to !== '00:00' && to < from;
  }
}
