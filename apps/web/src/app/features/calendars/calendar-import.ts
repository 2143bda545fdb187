import { Component, ElementRef, computed, inject, input, output, signal, viewChild } from '@angular/core';
import {
  calendarBounds,
  calendarRuleWords,
  type ImportCalendarInput,
  type ImportPreview,
} from '@cronium/contracts';
import { mdiFileUploadOutline } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { Notice } from '../../shared/feedback/notice';
import { Icon } from '../../shared/icon/icon';
import { CalendarApi } from './calendar-api';
import { counted } from './calendar-words';

/** Rules that a preview shows. */
const shownAtMost = 8;

/** Takes an .ics file, and shows what it holds before it is used. */
@Component({
  selector: 'cr-calendar-import',
  imports: [Icon, Notice],
  templateUrl: './calendar-import.html',
  styleUrl: './calendar-import.scss',
})
export class CalendarImport {
  private readonly api = inject(CalendarApi);
  private readonly picker = viewChild.required<ElementRef<HTMLInputElement>>('picker');

  /** The calendar’s, for times in the file that name no zone. */
  readonly timezone = input.required<string>();
  /** What using the file does: “Use it”, “Replace what was imported”. */
  readonly act = input.required<string>();
  readonly use = output<{ file: ImportCalendarInput; found: ImportPreview }>();

  protected readonly state = signal<'idle' | 'reading'>('idle');
  protected readonly problem = signal<string | null>(null);
  private readonly file = signal<ImportCalendarInput | null>(null);
  protected readonly found = signal<ImportPreview | null>(null);
  protected readonly name = computed(() => this.file()?.fileName ?? '');
  protected readonly shown = computed(() =>
    (this.found()?.rules ?? []).slice(0, shownAtMost).map(calendarRuleWords),
  );
  protected readonly more = computed(() => (this.found()?.rules.length ?? 0) - this.shown().length);
  protected readonly counted = counted;
  protected readonly icons = { file: mdiFileUploadOutline };

  protected choose(): void {
    this.picker().nativeElement.click();
  }

  protected async read(): Promise<void> {
    const { nativeElement: picker } = this.picker();
    const chosen = picker.files?.[0];
    // The same file may be chosen again.
    picker.value = '';
    if (chosen) await this.show(chosen);
  }

  protected take(found: ImportPreview): void {
    const file = this.file();
    if (file) this.use.emit({ file, found });
    this.drop();
  }

  protected drop(): void {
    this.file.set(null);
    this.found.set(null);
    this.problem.set(null);
  }

  private async show(chosen: File): Promise<void> {
    this.drop();
    this.state.set('reading');
    try {
      const ics = await chosen.text();
      if (ics.length > calendarBounds.icsLength) {
        this.problem.set('The file is larger than 1 MiB. Export a shorter time.');
        return;
      }
      this.found.set(await this.api.previewImport(ics, this.timezone()));
      this.file.set({ ics, fileName: chosen.name.slice(0, calendarBounds.fileNameLength) });
    } catch (error) {
      this.problem.set(toApiProblem(error).message);
    } finally {
      this.state.set('idle');
    }
  }
}
