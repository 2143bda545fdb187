import { Component, inject, signal } from '@angular/core';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import type { AlertDetails } from '@cronium/contracts';

import { toApiProblem } from '../../core/http/problem';
import { Notice } from '../../shared/feedback/notice';
import { AlertApi } from './alert-api';

export interface NoteRequest {
  readonly id: string;
  readonly title: string;
  readonly act: 'acknowledge' | 'resolve';
}

const words = {
  acknowledge: {
    heading: 'Acknowledge',
    text: 'Others see that you see to it, and it leaves the bell.',
    action: 'Acknowledge',
  },
  resolve: {
    heading: 'Resolve',
    text: 'It is over. If its cause goes on, it opens anew after the time that its rule gives it.',
    action: 'Resolve',
  },
} as const;

/** Acknowledges or resolves an alert, with a note for those who read it later. The result is the alert as it is then. */
@Component({
  selector: 'cr-note-dialog',
  imports: [MatDialogModule, Notice],
  template: `
    <h2 mat-dialog-title>{{ words.heading }} “{{ request.title }}”?</h2>
    <mat-dialog-content class="content">
      @if (problem(); as text) {
        <cr-notice tone="error">{{ text }}</cr-notice>
      }
      <p class="muted">{{ words.text }}</p>
      <label for="alert-note">Note, if there is something to say</label>
      <textarea #note id="alert-note" class="input" rows="3" maxlength="1000"></textarea>
    </mat-dialog-content>
    <mat-dialog-actions align="end">
      <button type="button" class="button" mat-dialog-close>Cancel</button>
      <button type="button" class="button primary" [disabled]="busy()" (click)="go(note.value)">
        {{ words.action }}
      </button>
    </mat-dialog-actions>
  `,
  styles: `
    .content {
      display: flex;
      flex-direction: column;
      gap: 8px;
    }
    label {
      font-size: var(--text-small);
      font-weight: 550;
    }
    mat-dialog-actions {
      gap: 8px;
    }
  `,
})
export class NoteDialog {
  private readonly api = inject(AlertApi);
  private readonly dialog = inject<MatDialogRef<unknown, AlertDetails>>(MatDialogRef);

  protected readonly request = inject<NoteRequest>(MAT_DIALOG_DATA);
  protected readonly words = words[this.request.act];
  protected readonly busy = signal(false);
  protected readonly problem = signal<string | null>(null);

  protected async go(note: string): Promise<void> {
    this.busy.set(true);
    try {
      this.dialog.close(await this.api.change(this.request.id, this.request.act, note));
    } catch (error) {
      this.problem.set(toApiProblem(error).message);
      this.busy.set(false);
    }
  }
}
