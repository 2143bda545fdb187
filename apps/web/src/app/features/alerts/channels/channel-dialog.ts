import { Component, inject, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import type { AlertChannel } from '@cronium/contracts';

import { toApiProblem } from '../../../core/http/problem';
import { Notice } from '../../../shared/feedback/notice';
import { Field, FieldControl } from '../../../shared/form/field';
import { problemErrors } from '../../../shared/form/problem-errors';
import { AlertApi } from '../alert-api';
import {
  createFormSchema,
  newSecret,
  parseChanged,
  parseCreated,
  toChannelForm,
  updateFormSchema,
} from './channel-form';

/** The usual port of each kind of encryption. */
const ports = { none: 25, starttls: 587, tls: 465 } as const;

/** Sets up a channel, or changes one. The result is the channel as saved. */
@Component({
  selector: 'cr-channel-dialog',
  imports: [Field, FieldControl, FormField, MatDialogModule, Notice],
  templateUrl: './channel-dialog.html',
  styleUrl: '../alert-dialog.scss',
})
export class ChannelDialog {
  private readonly api = inject(AlertApi);
  private readonly dialog = inject<MatDialogRef<unknown, AlertChannel>>(MatDialogRef);

  protected readonly channel = inject<AlertChannel | null>(MAT_DIALOG_DATA);
  protected readonly hasPassword = this.channel?.kind === 'email' && this.channel.email.hasPassword;
  protected readonly problem = signal<string | null>(null);
  private readonly value = signal(toChannelForm(this.channel));
  protected readonly form = form(this.value, (path) =>
    validateStandardSchema(path, this.channel === null ? createFormSchema : updateFormSchema),
  );

  protected usePort(): void {
    const usual: readonly number[] = Object.values(ports);
    this.value.update((value) =>
      value.email.port === null || usual.includes(value.email.port)
        ? { ...value, email: { ...value.email, port: ports[value.email.security] } }
        : value,
    );
  }

  protected generate(): void {
    this.value.update((value) => ({ ...value, webhook: { ...value.webhook, secret: newSecret() } }));
  }

  protected async save(event: Event): Promise<void> {
    event.preventDefault();
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          this.dialog.close(await this.store());
          return null;
        } catch (error) {
          const { fields, message } = toApiProblem(error);
          if (fields.length === 0) this.problem.set(message);
          return problemErrors(form, fields);
        }
      },
    });
  }

  private store(): Promise<AlertChannel> {
    return this.channel === null
      ? this.api.createChannel(parseCreated(this.value()))
      : this.api.updateChannel(this.channel.id, parseChanged(this.value()));
  }
}
