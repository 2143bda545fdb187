import { httpResource } from '@angular/common/http';
import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormField, submit } from '@angular/forms/signals';
import { Router, RouterLink } from '@angular/router';
import { eventBounds, type Event, type Page, type Server } from '@cronium/contracts';
import { mdiContentSaveOutline, mdiHistory, mdiPlay } from '@mdi/js';

import { toApiProblem, type ApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { CodeEditor } from '../../shared/code-editor/code-editor';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { problemErrors } from '../../shared/form/problem-errors';
import { Icon } from '../../shared/icon/icon';
import { StartFailures } from '../../shared/queue/start-failures';
import { EventAlert } from './event-alert';
import { languageOf } from '../../shared/look/languages';
import { EventApi, eventUrl, serversUrl } from './event-api';
import { EventDraft } from './event-draft';
import { toCreateEvent, toUpdateEvent } from './event-form';
import { EventSettings } from './event-settings';
import type { RunRequest } from '../../shared/run-dialog/run-dialog';
import { TypeChoice } from './type-choice';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';

/** One event: the script at the left, its settings at the right. */
@Component({
  selector: 'cr-event-editor',
  imports: [
    CodeEditor,
    EventAlert,
    EventSettings,
    FormField,
    Icon,
    LoadError,
    Notice,
    RouterLink,
    Skeleton,
    TypeChoice,
  ],
  templateUrl: './event-editor.html',
  styleUrl: './event-editor.scss',
  host: { '(document:keydown)': 'pressKey($event)', '(window:beforeunload)': 'warnOfLoss($event)' },
})
export class EventEditor implements HoldsChanges {
  private readonly api = inject(EventApi);
  private readonly failures = inject(StartFailures);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  private readonly where = inject(WhereTitle);
  private dialogOpen = false;

  /** `new`, or the id of an event. */
  readonly id = input.required<string>();

  protected readonly draft = new EventDraft();
  protected readonly form = this.draft.form;
  protected readonly isNew = computed(() => this.id() === 'new');
  protected readonly event = httpResource<Event>(() => {
    const known = this.isNew() || untracked(this.draft.saved)?.id === this.id();
    return known ? undefined : eventUrl(this.id());
  });
  protected readonly servers = httpResource<Page<Server>>(() => serversUrl);
  protected readonly serverList = computed(() =>
    this.servers.hasValue() ? this.servers.value().items : undefined,
  );
  protected readonly shown = computed(() => this.isNew() || this.draft.saved()?.id === this.id());
  protected readonly language = computed(() => languageOf(this.draft.value().type));
  protected readonly conflict = signal(false);
  protected readonly problem = signal<ApiProblem | null>(null);
  protected readonly busy = signal(false);
  /** What the person says about the next save. */
  protected readonly note = signal('');
  protected readonly noteLength = eventBounds.noteLength;
  protected readonly icons = { history: mdiHistory, play: mdiPlay, save: mdiContentSaveOutline };

  constructor() {
    effect(() => {
      if (this.isNew()) untracked(() => this.draft.start());
    });
    effect(() => {
      const loaded = this.event.hasValue() ? this.event.value() : undefined;
      if (loaded !== undefined && loaded.id === this.id()) untracked(() => this.draft.load(loaded));
    });
    effect(() => {
      const local = this.serverList()?.find((server) => server.isSystemManaged);
      if (this.isNew() && local !== undefined) untracked(() => this.draft.suggestServers([local.id]));
    });
    effect(() => {
      const label = this.isNew() ? 'New event' : (this.draft.saved()?.name ?? 'Event');
      untracked(() => this.where.here({ label: 'Events', link: '/events' }, { label }));
    });
  }

  hasUnsavedChanges(): boolean {
    return this.draft.dirty();
  }

  protected warnOfLoss(event: BeforeUnloadEvent): void {
    if (this.hasUnsavedChanges()) event.preventDefault();
  }

  protected pressKey(event: KeyboardEvent): void {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || this.dialogOpen || !this.shown()) return;
    if (event.key.toLowerCase() === 's') {
      event.preventDefault();
      void this.save();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      void this.run();
    }
  }

  /** Whether everything is saved now. */
  protected async save(): Promise<boolean> {
    if (this.busy()) return false;
    if (!this.draft.dirty() && this.draft.saved() !== null) return true;
    this.busy.set(true);
    this.problem.set(null);
    try {
      return await submit(this.form, {
        onInvalid: (form) => this.showFirstError(form().errorSummary()[0]?.fieldTree()),
        action: async (form) => {
          try {
            await this.store();
            return null;
          } catch (error) {
            return problemErrors(form, this.fail(toApiProblem(error)));
          }
        },
      });
    } finally {
      this.busy.set(false);
    }
  }

  protected async run(): Promise<void> {
    if (this.dialogOpen) return;
    this.dialogOpen = true;
    const { RunDialog } = await import('../../shared/run-dialog/run-dialog');
    const data = {
      name: this.draft.value().name,
      dirty: this.draft.dirty(),
      saved: this.draft.saved()?.id ?? null,
    };
    const request = await this.dialogs.open<RunRequest>(RunDialog, { data, width: '560px' });
    this.dialogOpen = false;
    if (request === undefined || (request.save && !(await this.save()))) return;
    const saved = this.draft.saved();
    if (saved === null) return;
    try {
      const execution = await this.api.run(saved.id, request.run);
      await this.router.navigate(['/executions', execution.id]);
    } catch (error) {
      this.failures.show(saved, error);
    }
  }

  protected async delete(): Promise<void> {
    const saved = this.draft.saved();
    if (saved === null) return;
    const sure = await this.dialogs.confirm({
      heading: `Delete “${saved.name}”?`,
      text: 'Its script, settings and secrets are deleted for good. Past executions and their logs stay in the list.',
      action: 'Delete event',
      danger: true,
    });
    if (!sure) return;
    try {
      await this.api.delete(saved.id);
    } catch (error) {
      this.toasts.show(`“${saved.name}” could not be deleted. ${toApiProblem(error).message}`);
      return;
    }
    this.draft.start();
    await this.router.navigate(['/events']);
    this.toasts.show(`“${saved.name}” is deleted.`);
  }

  /** After a conflict: what the other person saved replaces the changes here. */
  protected loadTheirs(): void {
    this.conflict.set(false);
    this.reloadSaved((event) => this.draft.load(event));
  }

  /** After a conflict: the changes here replace what the other person saved. */
  protected overwriteTheirs(): void {
    this.conflict.set(false);
    this.reloadSaved((event) => {
      this.draft.rebase(event);
      void this.save();
    });
  }

  private reloadSaved(then: (event: Event) => void): void {
    this.api.read(this.id()).then(then, (error: unknown) => this.problem.set(toApiProblem(error)));
  }

  private async store(): Promise<void> {
    const saved = this.draft.saved();
    const value = this.draft.value();
    const note = this.note().trim() || undefined;
    if (saved === null) {
      const created = await this.api.create({ ...toCreateEvent(value), note });
      this.draft.load(created);
      await this.router.navigate(['/events', created.id], { replaceUrl: true });
    } else {
      this.draft.load(await this.api.update(saved.id, { ...toUpdateEvent(value, saved.version), note }));
    }
    this.conflict.set(false);
    this.note.set('');
    this.toasts.show('Saved.');
  }

  /** Says what failed, unless a field says it; the fields’ errors. */
  private fail(problem: ApiProblem): ApiProblem['fields'] {
    if (problem.status === 409) this.conflict.set(true);
    else if (problem.fields.length === 0) this.problem.set(problem);
    return problem.fields;
  }

  private showFirstError(
    field: { focusBoundControl(): void; errors(): { message?: string }[] } | undefined,
  ): void {
    field?.focusBoundControl();
    const message = field?.errors()[0]?.message;
    this.toasts.show(`Not saved. ${message ?? 'A field needs your attention.'}`);
  }
}
