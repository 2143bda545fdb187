import { Component, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { BlockedEvents } from '@cronium/contracts';

/** Events that cannot run any more since somebody lost access: how many, and the first of them by name. */
@Component({
  selector: 'cr-blocked-event-list',
  imports: [RouterLink],
  template: `
    <ul>
      @for (event of events().items; track event.id) {
        <li>
          <a [routerLink]="['/events', event.id]">{{ event.name }}</a>
          <span class="muted">of {{ event.owner.name }}</span>
        </li>
      }
    </ul>
    @if (events().count > events().items.length) {
      <p class="muted">and {{ events().count - events().items.length }} more.</p>
    }
  `,
  styles: `
    ul {
      max-height: 220px;
      margin: 4px 0;
      padding-left: 18px;
      overflow: auto;
    }
  `,
})
export class BlockedEventList {
  readonly events = input.required<BlockedEvents>();
}
