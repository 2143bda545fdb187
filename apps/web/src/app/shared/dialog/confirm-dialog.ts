import { Component, inject } from '@angular/core';
import { MAT_DIALOG_DATA, MatDialogModule } from '@angular/material/dialog';

export interface Confirmation {
  readonly heading: string;
  /** Names the thing, and what is lost. */
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  /** What the other button says; `Cancel` when absent. */
  readonly decline?: string;
}

@Component({
  selector: 'cr-confirm-dialog',
  imports: [MatDialogModule],
  template: `
    <h2 mat-dialog-title>{{ data.heading }}</h2>
    <mat-dialog-content>
      <p class="text">{{ data.text }}</p>
    </mat-dialog-content>
    <mat-dialog-actions align="end">
      <button type="button" class="button" [mat-dialog-close]="false">{{ data.decline ?? 'Cancel' }}</button>
      <button
        type="button"
        class="button primary"
        [class.danger]="data.danger"
        [mat-dialog-close]="true"
        cdkFocusInitial
      >
        {{ data.action }}
      </button>
    </mat-dialog-actions>
  `,
  styles: `
    .text {
      white-space: pre-line;
      max-width: 56ch;
      overflow-wrap: anywhere;
    }
    mat-dialog-actions {
      gap: 8px;
    }
  `,
})
export class ConfirmDialog {
  protected readonly data = inject<Confirmation>(MAT_DIALOG_DATA);
}
