import { Component, computed, inject, input, linkedSignal, output, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import {
  localExecutionAccessSchema,
  whenQueueFullSchema,
  whenUnhealthySchema,
  type BlockedEvents,
  type LocalExecutionAccess,
  type Settings,
} from '@cronium/contracts';
import { mdiContentSaveOutline } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { BlockedEventList } from '../../shared/blocked-events/blocked-event-list';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Notice } from '../../shared/feedback/notice';
import { Toasts } from '../../shared/feedback/toasts';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { Icon } from '../../shared/icon/icon';
import { limitFields } from '../../shared/limits/limit-fields';
import { whenQueueFullWords, whenUnhealthyWords } from '../../shared/look/looks';
import { SettingsApi } from './settings-api';
import { changesOf, settingsFormSchema, toSettingsForm } from './settings-form';

const accessWords: Record<LocalExecutionAccess, { word: string; note: string }> = {
  all_users: { word: 'All users', note: 'Everyone but viewers may run events on Local Execution.' },
  admin_only: {
    word: 'Administrators only',
    note: 'Other users need a server of their own, or one that is shared with them.',
  },
  disabled: { word: 'Nobody', note: 'Everything runs on other servers. What runs now goes on to its end.' },
};

/** The form of the settings; saves only what was changed, and never over somebody else’s change. */
@Component({
  selector: 'cr-settings-editor',
  imports: [BlockedEventList, Field, FieldControl, FormField, Icon, Notice],
  templateUrl: './settings-editor.html',
  styleUrl: './settings-editor.scss',
  host: { '(document:keydown)': 'pressKey($event)', '(window:beforeunload)': 'warnOfLoss($event)' },
})
export class SettingsEditor {
  private readonly api = inject(SettingsApi);
  private readonly dialogs = inject(Dialogs);
  private readonly toasts = inject(Toasts);

  readonly settings = input.required<Settings>();
  readonly saved = output<Settings>();
  readonly reload = output();

  private readonly value = linkedSignal(() => toSettingsForm(this.settings()));
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, settingsFormSchema));
  private readonly changes = computed(() => changesOf(this.value(), this.settings()));
  readonly dirty = computed(() => Object.keys(this.changes()).length > 0);

  protected readonly conflict = signal(false);
  protected readonly problem = signal<string | null>(null);
  /** Of the last save. */
  protected readonly blocked = signal<BlockedEvents | null>(null);
  protected readonly accessOptions = localExecutionAccessSchema.options.toReversed();
  protected readonly accessWords = accessWords;
  protected readonly limitFields = limitFields;
  protected readonly whenUnhealthyOptions = whenUnhealthySchema.options;
  protected readonly whenUnhealthyWords = whenUnhealthyWords;
  protected readonly whenQueueFullOptions = whenQueueFullSchema.options;
  protected readonly whenQueueFullWords = whenQueueFullWords;
  protected readonly saveIcon = mdiContentSaveOutline;

  protected pressKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    void this.save();
  }

  protected warnOfLoss(event: BeforeUnloadEvent): void {
    if (this.dirty()) event.preventDefault();
  }

  protected async save(): Promise<void> {
    if (!this.dirty() || this.form().submitting() || !(await this.mayTakeAway())) return;
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          const { blockedEvents, ...settings } = await this.api.update(
            this.changes(),
            this.settings().version,
          );
          this.blocked.set(blockedEvents.count > 0 ? blockedEvents : null);
          this.saved.emit(settings);
          this.toasts.show('The settings are saved.');
          return null;
        } catch (error) {
          const problem = toApiProblem(error);
          if (problem.status === 412) this.conflict.set(true);
          else if (problem.fields.length === 0) this.problem.set(problem.message);
          return problemErrors(form, problem.fields);
        }
      },
    });
  }

  protected undo(): void {
    this.value.set(toSettingsForm(this.settings()));
    this.form().reset();
  }

  /** After a conflict: what the other administrator saved replaces the changes here. */
  protected loadTheirs(): void {
    this.conflict.set(false);
    this.undo();
    this.reload.emit();
  }

  /** Taking Local Execution away may keep events from running: that is asked before. */
  private mayTakeAway(): Promise<boolean> | boolean {
    const access = this.changes().local_execution_access;
    if (access === undefined || access === 'all_users') return true;
    return this.dialogs.confirm({
      heading: access === 'disabled' ? 'Turn Local Execution off?' : 'Restrict Local Execution?',
      text: 'Events that are to run there will be skipped, with the reason in their history. Jobs that run now go on to their end. Afterwards you see which events are concerned.',
      action: access === 'disabled' ? 'Turn off' : 'Restrict',
      danger: true,
    });
  }
}
