import { httpResource } from '@angular/common/http';
import { Component, computed, inject, signal } from '@angular/core';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import { routes, type Page, type RunEvent, type Server } from '@cronium/contracts';
import { mdiPlay } from '@mdi/js';

import { apiUrl } from '../../core/http/api-url';
import { CodeEditor } from '../code-editor/code-editor';
import { Icon } from '../icon/icon';
import { jsonMistake } from '../json/json-mistake';
import { ServerSelect } from '../server-select/server-select';

export interface RunQuestion {
  readonly name: string;
  /** With changes that are not saved. */
  readonly dirty: boolean;
  /** Id of the saved event; null for one that was never saved. */
  readonly saved: string | null;
  /** What to begin with instead of what was given last: as of a run that is to be repeated with changes. */
  readonly input?: RunEvent['input'];
}

export interface RunRequest {
  readonly save: boolean;
  readonly run: Pick<RunEvent, 'input' | 'serverIds'>;
}

/** The input last given to each event, for as long as the page lives. */
const lastInputs = new Map<string, string>();

/** Asks for the input of a run, which may be empty, and where it runs. */
@Component({
  selector: 'cr-run-dialog',
  imports: [CodeEditor, Icon, MatDialogModule, ServerSelect],
  templateUrl: './run-dialog.html',
  styleUrl: './run-dialog.scss',
})
export class RunDialog {
  private readonly dialog = inject<MatDialogRef<unknown, RunRequest>>(MatDialogRef);

  protected readonly question = inject<RunQuestion>(MAT_DIALOG_DATA);
  protected readonly mustSave = this.question.dirty || this.question.saved === null;
  protected readonly text = signal(this.firstText());
  protected readonly elsewhere = signal(false);
  protected readonly serverIds = signal<string[]>([]);
  protected readonly servers = httpResource<Page<Server>>(() =>
    this.elsewhere() ? apiUrl(routes.servers) : undefined,
  );
  protected readonly serverList = computed(() =>
    this.servers.hasValue() ? this.servers.value().items : undefined,
  );
  protected readonly play = mdiPlay;

  private readonly parsed = computed<{ input: RunEvent['input'] } | { error: string }>(() => {
    const text = this.text();
    if (text.trim() === '') return { input: undefined };
    try {
      return { input: JSON.parse(text) as RunEvent['input'] };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const mistake = jsonMistake(text);
      const place = mistake ? `Line ${mistake.line}, column ${mistake.column}: ${mistake.message}.` : '';
      return { error: place || `Not valid JSON: ${error.message}` };
    }
  });
  protected readonly inputError = computed(() => {
    const parsed = this.parsed();
    return 'error' in parsed ? parsed.error : null;
  });
  protected readonly serversError = computed(() =>
    this.elsewhere() && this.serverIds().length === 0 ? 'Choose at least one server.' : null,
  );
  protected readonly blocked = computed(() => this.inputError() !== null || this.serversError() !== null);

  protected go(save: boolean): void {
    const parsed = this.parsed();
    if ('error' in parsed || this.blocked()) return;
    if (this.question.saved !== null) lastInputs.set(this.question.saved, this.text());
    const where = this.elsewhere() ? { serverIds: this.serverIds() } : {};
    this.dialog.close({ save: save && this.mustSave, run: { input: parsed.input, ...where } });
  }

  private firstText(): string {
    const { input, saved } = this.question;
    if (input !== undefined) return input === null ? '' : JSON.stringify(input, null, 2);
    return lastInputs.get(saved ?? '') ?? '';
  }
}
