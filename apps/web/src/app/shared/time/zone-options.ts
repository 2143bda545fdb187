import { Component } from '@angular/core';

/** The names of time zones, for a text field with `list="time-zones"` beside it. */
@Component({
  selector: 'cr-zone-options',
  template: `
    <datalist id="time-zones">
      @for (zone of zones; track zone) {
        <option [value]="zone"></option>
      }
    </datalist>
  `,
  styles: ':host { display: contents; }',
})
export class ZoneOptions {
  protected readonly zones = Intl.supportedValuesOf('timeZone');
}
