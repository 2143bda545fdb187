import { httpResource } from '@angular/common/http';
import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { Router, RouterLink } from '@angular/router';
import {
  calendarKindSchema,
  calendarVisibilitySchema,
  type Calendar,
  type ImportCalendarInput,
  type ImportPreview,
} from '@cronium/contracts';
import { mdiContentSaveOutline, mdiDeleteOutline } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { toApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { Dialogs } from '../../shared/dialog/dialogs';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { Icon } from '../../shared/icon/icon';
import { TimeAgo } from '../../shared/time/time-ago';
import { ZoneOptions } from '../../shared/time/zone-options';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';
import { CalendarApi, calendarUrl } from './calendar-api';
import { CalendarDeletion } from './calendar-deletion';
import {
  calendarFormSchema,
  newCalendarForm,
  toCalendarForm,
  toCreateCalendar,
  toUpdateCalendar,
} from './calendar-form';
import { CalendarImport } from './calendar-import';
import { calendarKindWords, counted, visibilityWords } from './calendar-words';
import { RuleList } from './rule-list';
import { RuleRows } from './rule-rows';

/** One calendar: its rules, written by hand and from a file. Who may not change it reads it. */
@Component({
  selector: 'cr-calendar-editor',
  imports: [
    CalendarImport,
    Field,
    FieldControl,
    FormField,
    Icon,
    LoadError,
    Notice,
    RouterLink,
    RuleList,
    RuleRows,
    Skeleton,
    TimeAgo,
    ZoneOptions,
  ],
  templateUrl: './calendar-editor.html',
  styleUrl: './calendar-editor.scss',
  host: { '(document:keydown)': 'pressKey($event)', '(window:beforeunload)': 'warnOfLoss($event)' },
})
export class CalendarEditor implements HoldsChanges {
  private readonly api = inject(CalendarApi);
  private readonly deletion = inject(CalendarDeletion);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);

  /** Absent for a new one. */
  readonly id = input<string>();

  protected readonly loaded = httpResource<Calendar>(() => {
    const id = this.id();
    return id === undefined ? undefined : calendarUrl(id);
  });
  protected readonly calendar = signal<Calendar | null>(null);
  private readonly value = signal(newCalendarForm());
  private readonly before = signal(this.value());
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, calendarFormSchema));
  /** Chosen for a calendar that is not saved yet. */
  protected readonly file = signal<{ file: ImportCalendarInput; found: ImportPreview } | null>(null);
  protected readonly shown = computed(() => this.id() === undefined || this.calendar()?.id === this.id());
  protected readonly mayManage = computed(
    () => this.id() === undefined || this.calendar()?.access === 'manage',
  );
  protected readonly dirty = computed(
    () => JSON.stringify(this.value()) !== JSON.stringify(this.before()) || this.file() !== null,
  );
  protected readonly problem = signal<string | null>(null);
  protected readonly isAdmin = inject(SessionStore).user()?.role === 'ADMIN';
  protected readonly kinds = calendarKindSchema.options;
  protected readonly kindWords = calendarKindWords;
  protected readonly visibilities = calendarVisibilitySchema.options;
  protected readonly visibilityWords = visibilityWords;
  protected readonly counted = counted;
  protected readonly icons = { delete: mdiDeleteOutline, save: mdiContentSaveOutline };

  constructor() {
    effect(() => {
      const calendar = this.loaded.hasValue() ? this.loaded.value() : undefined;
      if (calendar && untracked(this.calendar)?.id !== calendar.id) untracked(() => this.begin(calendar));
    });
    const where = inject(WhereTitle);
    effect(() => {
      const label = this.id() === undefined ? 'New calendar' : (this.calendar()?.name ?? 'Calendar');
      untracked(() => where.here({ label: 'Calendars', link: '/calendars' }, { label }));
    });
  }

  hasUnsavedChanges(): boolean {
    return this.mayManage() && this.dirty();
  }

  protected warnOfLoss(event: BeforeUnloadEvent): void {
    if (this.hasUnsavedChanges()) event.preventDefault();
  }

  protected pressKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    if (this.mayManage()) void this.save();
  }

  protected async save(): Promise<void> {
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          await this.store();
          return null;
        } catch (error) {
          const problem = toApiProblem(error);
          const fields = problem.fields.filter(({ path }) => !path.startsWith('body.import'));
          if (fields.length === 0) this.problem.set(problem.message);
          return problemErrors(form, fields);
        }
      },
    });
  }

  /** Of a saved calendar at once, for it is a change of its own; of a new one with its first save. */
  protected async useFile(chosen: { file: ImportCalendarInput; found: ImportPreview }): Promise<void> {
    const calendar = this.calendar();
    if (calendar === null) {
      this.file.set(chosen);
      const name = chosen.found.name ?? chosen.file.fileName?.replace(/\.ics$/i, '') ?? '';
      if (this.value().name === '') this.value.update((value) => ({ ...value, name }));
      return;
    }
    if (calendar.imported !== null && !(await this.mayReplace(calendar.imported.rules.length))) return;
    await this.act(
      () => this.api.import(calendar.id, chosen.file),
      (changed) => `${counted(changed.imported?.rules.length ?? 0, 'time')} imported.`,
    );
  }

  protected async removeImported(calendar: Calendar): Promise<void> {
    const sure = await this.dialogs.confirm({
      heading: 'Remove what was imported?',
      text: `${counted(calendar.imported?.rules.length ?? 0, 'time')} from ${calendar.imported?.fileName || 'a file'} are removed. Rules written by hand stay.`,
      action: 'Remove',
      danger: true,
    });
    if (!sure) return;
    await this.act(
      () => this.api.removeImport(calendar.id),
      () => 'What was imported is removed.',
    );
  }

  protected async delete(calendar: Calendar): Promise<void> {
    if (!(await this.deletion.delete(calendar))) return;
    this.before.set(this.value());
    await this.router.navigate(['/calendars']);
  }

  private mayReplace(count: number): Promise<boolean> {
    return this.dialogs.confirm({
      heading: 'Replace what was imported before?',
      text: `${counted(count, 'time')} from the last import are replaced. Rules written by hand stay.`,
      action: 'Replace',
    });
  }

  private async store(): Promise<void> {
    const id = this.id();
    if (id === undefined) {
      const created = await this.api.create(toCreateCalendar(this.value(), this.file()?.file));
      this.file.set(null);
      this.before.set(this.value());
      await this.router.navigate(['/calendars', created.id], { replaceUrl: true });
    } else {
      this.begin(await this.api.update(id, toUpdateCalendar(this.value())));
    }
    this.toasts.show('Saved.');
  }

  /** Changes what is imported; what is being written by hand stays as it is. */
  private async act(change: () => Promise<Calendar>, words: (changed: Calendar) => string): Promise<void> {
    this.problem.set(null);
    try {
      const changed = await change();
      this.calendar.set(changed);
      this.toasts.show(words(changed));
    } catch (error) {
      this.problem.set(toApiProblem(error).message);
    }
  }

  private begin(calendar: Calendar): void {
    const value = toCalendarForm(calendar);
    this.calendar.set(calendar);
    this.before.set(value);
    this.form().reset(value);
  }
}
