import { Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { mdiMapMarkerQuestionOutline } from '@mdi/js';

import { Placeholder } from '../../shared/feedback/placeholder';

@Component({
  selector: 'cr-not-found',
  imports: [Placeholder, RouterLink],
  template: `
    <cr-placeholder [icon]="icon" heading="There is no page at this address">
      It may have been deleted, or the link has a typing error.
      <a actions class="button primary" routerLink="/">Go to the start page</a>
    </cr-placeholder>
  `,
})
export class NotFound {
  protected readonly icon = mdiMapMarkerQuestionOutline;
}
