import { Component, input } from '@angular/core';

/** One figure with its name, and what it is to be compared with. */
@Component({
  selector: 'cr-figure-tile',
  template: `
    <h2 class="small muted">{{ name() }}</h2>
    <p class="figure tabular">{{ figure() }}</p>
    <p class="small note">{{ detail() }}&nbsp;</p>
    <p class="small muted note"><ng-content />&nbsp;</p>
  `,
  styles: `
    :host {
      display: block;
      min-width: 0;
      padding: 12px 14px;
    }
    h2 {
      font-weight: 550;
    }
    .figure {
      margin: 2px 0;
      font-size: 1.5rem;
      font-weight: 620;
      letter-spacing: -0.015em;
      line-height: 1.3;
      white-space: nowrap;
    }
    .note {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
  `,
})
export class FigureTile {
  readonly name = input.required<string>();
  readonly figure = input.required<string>();
  /** Stands below it. */
  readonly detail = input('');
}
