import { Component, computed, inject, signal } from '@angular/core';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import type { RunEvent } from '@cronium/contracts';
import { mdiPlay } from '@mdi/js';

import { CodeEditor } from '../../shared/code-editor/code-editor';
import { Icon } from '../../shared/icon/icon';

export interface RunQuestion {
  readonly name: string;
  readonly dirty: boolean;
  /** Id of the saved event; null for one that was never saved. */
  readonly saved: string | null;
}

export interface RunRequest {
  readonly save: boolean;
  readonly input: RunEvent['input'];
}

/** The input last given to each event, for as long as the page lives. */
const lastInputs = new Map<string, string>();

/** Asks for the input of a run, which may be empty. */
@Component({
  selector: 'cr-run-dialog',
  imports: [CodeEditor, Icon, MatDialogModule],
  template: `
    <h2 mat-dialog-title>Run {{ question.name ? '“' + question.name + '”' : 'this event' }}</h2>
    <mat-dialog-content (keydown.control.enter)="go(true)" (keydown.meta.enter)="go(true)">
      <p class="muted" id="run-input-note">
        Input for the script, as JSON. Leave it empty when it needs none.
      </p>
      <cr-code-editor class="input-editor" language="json" label="Input as JSON" [(value)]="text" />
      <p class="error small" role="alert">{{ error() }}</p>
    </mat-dialog-content>
    <mat-dialog-actions align="end">
      <button type="button" class="button" mat-dialog-close>Cancel</button>
      @if (question.dirty && question.saved) {
        <button type="button" class="button" [disabled]="!!error()" (click)="go(false)">
          Run the saved version
        </button>
      }
      <button type="button" class="button primary" [disabled]="!!error()" (click)="go(true)" cdkFocusInitial>
        <cr-icon [path]="play" />{{ mustSave ? 'Save and run' : 'Run' }}
      </button>
    </mat-dialog-actions>
  `,
  styles: `
    .input-editor {
      height: 160px;
      margin-top: 10px;
      border: 1px solid var(--line-strong);
      border-radius: var(--radius-small);
    }
    .error {
      min-height: 1.5em;
      margin-top: 4px;
      color: var(--state-failed);
    }
    mat-dialog-actions {
      gap: 8px;
    }
  `,
})
export class RunDialog {
  private readonly dialog = inject<MatDialogRef<unknown, RunRequest>>(MatDialogRef);

  protected readonly question = inject<RunQuestion>(MAT_DIALOG_DATA);
  protected readonly mustSave = this.question.dirty || this.question.saved === null;
  protected readonly text = signal(lastInputs.get(this.question.saved ?? '') ?? '');
  protected readonly play = mdiPlay;

  private readonly parsed = computed<{ input: RunEvent['input'] } | { error: string }>(() => {
    const text = this.text().trim();
    if (text === '') return { input: undefined };
    try {
      return { input: JSON.parse(text) as RunEvent['input'] };
    } catch (error) {
      if (error instanceof SyntaxError) return { error: `Not valid JSON: ${error.message}` };
      throw error;
    }
  });
  protected readonly error = computed(() => {
    const parsed = this.parsed();
    return 'error' in parsed ? parsed.error : null;
  });

  protected go(save: boolean): void {
    const parsed = this.parsed();
    if ('error' in parsed) return;
    if (this.question.saved !== null) lastInputs.set(this.question.saved, this.text());
    this.dialog.close({ save: save && this.mustSave, input: parsed.input });
  }
}
