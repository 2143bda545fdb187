import { Component, input } from '@angular/core';

import { LoadError } from '../feedback/load-error';
import { Notice } from '../feedback/notice';
import { Skeleton } from '../feedback/skeleton';
import type { PagedList } from './paged-list';

/**
 * What stands around the table of a list: bars while it loads, the error with a retry, the button for more. What to say of an empty list
 * goes in as `[empty]`.
 */
@Component({
  selector: 'cr-list-frame',
  imports: [LoadError, Notice, Skeleton],
  template: `
    @if (list().items(); as rows) {
      <div class="card">
        @if (rows.length > 0) {
          <ng-content />
        } @else {
          <ng-content select="[empty]" />
        }
      </div>
      @if (list().error(); as error) {
        <cr-notice tone="error">
          {{ error.message }}
          <button ngProjectAs="[actions]" type="button" class="button" (click)="list().reload()">
            Try again
          </button>
        </cr-notice>
      }
      @if (list().hasMore()) {
        <button
          type="button"
          class="button more"
          [disabled]="list().loadingMore()"
          (click)="list().loadMore()"
        >
          {{ list().loadingMore() ? 'Loading…' : more() }}
        </button>
      }
    } @else {
      <div class="card">
        @if (list().error(); as error) {
          <cr-load-error
            [heading]="'The ' + noun() + ' could not be loaded'"
            [error]="error"
            (retry)="list().reload()"
          />
        } @else {
          <cr-skeleton [rows]="bars()" />
        }
      </div>
    }
  `,
  styles: `
    :host {
      display: contents;
    }
    .more {
      align-self: center;
    }
  `,
})
export class ListFrame {
  readonly list = input.required<PagedList<unknown>>();
  /** What its rows are, for the error: “events”. */
  readonly noun = input.required<string>();
  readonly more = input('Show more');
  readonly bars = input(8);
}
