import { Component, input } from '@angular/core';

/** An icon of @mdi/js by its path. Decorative: the word stands beside it, or the button has a label. */
@Component({
  selector: 'cr-icon',
  template: '<svg viewBox="0 0 24 24" focusable="false" aria-hidden="true"><path [attr.d]="path()" /></svg>',
  styles: `
    :host {
      display: inline-flex;
      flex: none;
    }
    svg {
      width: var(--icon-size, 18px);
      height: var(--icon-size, 18px);
      fill: currentColor;
    }
  `,
})
export class Icon {
  readonly path = input.required<string>();
}
