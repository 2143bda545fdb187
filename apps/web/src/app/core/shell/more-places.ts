import { Component, input } from '@angular/core';
import { MatMenuModule } from '@angular/material/menu';
import { RouterLink } from '@angular/router';
import { mdiDotsHorizontal } from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import type { Destination } from './navigation';

/** The places that the bar of a phone has no room for. */
@Component({
  selector: 'cr-more-places',
  imports: [Icon, MatMenuModule, RouterLink],
  template: `
    <button type="button" [matMenuTriggerFor]="menu"><cr-icon [path]="dots" />More</button>
    <mat-menu #menu yPosition="above" xPosition="before">
      @for (place of places(); track place.path) {
        <a mat-menu-item [routerLink]="place.path">
          <span class="item"><cr-icon [path]="place.icon" />{{ place.label }}</span>
        </a>
      }
    </mat-menu>
  `,
  styles: `
    button {
      display: flex;
      flex-direction: column;
      gap: 4px;
      align-items: center;
      justify-content: center;
      width: 100%;
      min-height: 50px;
      padding: 0;
      border: 0;
      border-radius: var(--radius-small);
      background: var(--more-back, none);
      color: var(--more-color, var(--text-muted));
      font: 500 0.6875rem / 1 var(--font);
      cursor: pointer;
    }
    .item {
      display: flex;
      gap: 12px;
      align-items: center;
      min-height: 44px;
    }
  `,
})
export class MorePlaces {
  readonly places = input.required<readonly Destination[]>();

  protected readonly dots = mdiDotsHorizontal;
}
