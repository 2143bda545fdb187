import { Component, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import { mdiClose, mdiLockOpenVariantOutline, mdiLockOutline, mdiPlus } from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import { emptyRow, type EnvironmentRow } from './event-form';

/** The environment variables of an event. A stored secret is never shown; it can be replaced. */
@Component({
  selector: 'cr-environment-rows',
  imports: [FormField, Icon],
  templateUrl: './environment-rows.html',
  styleUrl: './environment-rows.scss',
})
export class EnvironmentRows {
  readonly rows = input.required<FieldTree<EnvironmentRow[]>>();

  protected readonly icons = {
    close: mdiClose,
    locked: mdiLockOutline,
    open: mdiLockOpenVariantOutline,
    plus: mdiPlus,
  };

  protected add(): void {
    this.rows()().value.update((rows) => [...rows, emptyRow()]);
  }

  protected remove(index: number): void {
    this.rows()().value.update((rows) => rows.filter((_, at) => at !== index));
  }

  protected keepsStored(row: EnvironmentRow): boolean {
    return row.stored && row.secret && !row.replace;
  }

  protected replace(row: FieldTree<EnvironmentRow>): void {
    row.replace().value.set(true);
  }

  /** A stored secret that becomes readable needs a new value: the old one cannot be shown. */
  protected toggleSecret(row: FieldTree<EnvironmentRow>): void {
    row.secret().value.update((secret) => !secret);
  }

  protected error(row: FieldTree<EnvironmentRow>): string | undefined {
    const fields = [row.key(), row.value(), row()];
    return fields.find((field) => field.touched() && field.errors().length > 0)?.errors()[0]?.message;
  }
}
