import {
  Component,
  DestroyRef,
  ElementRef,
  afterRenderEffect,
  inject,
  input,
  viewChild,
} from '@angular/core';

import type { CodeLanguage } from './code-mirror';

/** From this width on two columns of code are readable. */
const besideFrom = 960;

/** What was removed from and added to a text, beside each other where there is room; CodeMirror is loaded with the first one. */
@Component({
  selector: 'cr-code-diff',
  template: '<div #host></div>',
  styles: `
    :host {
      display: block;
      min-width: 0;
      overflow: auto;
    }
  `,
})
export class CodeDiff {
  readonly before = input.required<string>();
  readonly after = input.required<string>();
  readonly language = input.required<CodeLanguage>();
  readonly label = input.required<string>();

  private readonly host = viewChild.required<ElementRef<HTMLElement>>('host');

  constructor() {
    const destroyRef = inject(DestroyRef);
    let shown: { destroy(): void } | undefined;
    let turn = 0;
    const clear = () => {
      turn += 1;
      shown?.destroy();
      shown = undefined;
    };
    destroyRef.onDestroy(clear);
    afterRenderEffect(() => {
      const parent = this.host().nativeElement;
      const options = {
        ...{ before: this.before(), after: this.after() },
        ...{ language: this.language(), label: this.label() },
        beside: parent.clientWidth >= besideFrom,
      };
      clear();
      const mine = turn;
      void import('./code-merge').then(({ CodeMerge }) => {
        if (mine === turn) shown = new CodeMerge(parent, options);
      });
    });
  }
}
