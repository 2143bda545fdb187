import { Component, inject, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import {
  createUserSchema,
  passwordSchema,
  userRoleSchema,
  type Account,
  type UserRole,
} from '@cronium/contracts';
import * as z from 'zod';

import { toApiProblem } from '../../core/http/problem';
import { Notice } from '../../shared/feedback/notice';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { roleWords } from '../../shared/look/looks';
import { UserApi } from './user-api';

const roleNotes: Record<UserRole, string> = {
  ADMIN: 'Sees and controls everything.',
  USER: 'Has events and servers, and runs them.',
  VIEWER: 'Reads what is shared, and runs nothing.',
};

/** An empty password keeps the present one. */
const changeSchema = createUserSchema.extend({ password: passwordSchema.or(z.literal('')) });

/** Creates a user, or changes one. The result is the user as saved. */
@Component({
  selector: 'cr-user-dialog',
  imports: [Field, FieldControl, FormField, MatDialogModule, Notice],
  template: `
    <h2 mat-dialog-title>{{ user ? 'Edit “' + user.name + '”' : 'New user' }}</h2>
    <form novalidate (submit)="save($event)">
      <mat-dialog-content class="fields">
        @if (problem(); as text) {
          <cr-notice tone="error">{{ text }}</cr-notice>
        }
        <cr-field label="Name">
          <input crControl class="input" autocomplete="off" [formField]="form.name" />
        </cr-field>
        <cr-field label="E-mail" hint="To sign in with.">
          <input crControl class="input" type="email" autocomplete="off" [formField]="form.email" />
        </cr-field>
        <cr-field label="Role" [hint]="roleNotes[form.role().value()]">
          <select crControl class="input" [formField]="form.role">
            @for (option of roles; track option) {
              <option [value]="option">{{ roleWords[option] }}</option>
            }
          </select>
        </cr-field>
        <cr-field
          [label]="user ? 'New password' : 'Password'"
          [hint]="
            user
              ? 'Empty keeps the present one. A new one ends the user’s sessions.'
              : 'At least 10 characters; the user can change it.'
          "
        >
          <input
            crControl
            class="input"
            type="password"
            autocomplete="new-password"
            [formField]="form.password"
          />
        </cr-field>
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button type="button" class="button" mat-dialog-close>Cancel</button>
        <button type="submit" class="button primary" [disabled]="form().submitting()">
          {{ form().submitting() ? 'Saving…' : user ? 'Save' : 'Create user' }}
        </button>
      </mat-dialog-actions>
    </form>
  `,
  styles: `
    .fields {
      display: flex;
      flex-direction: column;
      gap: 12px;
    }
    mat-dialog-actions {
      gap: 8px;
    }
  `,
})
export class UserDialog {
  private readonly api = inject(UserApi);
  private readonly dialog = inject<MatDialogRef<unknown, Account>>(MatDialogRef);

  protected readonly user = inject<Account | null>(MAT_DIALOG_DATA);
  protected readonly roles = userRoleSchema.options;
  protected readonly roleWords = roleWords;
  protected readonly roleNotes = roleNotes;
  protected readonly problem = signal<string | null>(null);
  private readonly value = signal({
    name: this.user?.name ?? '',
    email: this.user?.email ?? '',
    role: this.user?.role ?? 'USER',
    password: '',
  });
  protected readonly form = form(this.value, (path) =>
    validateStandardSchema(path, this.user === null ? createUserSchema : changeSchema),
  );

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
          const problem = toApiProblem(error);
          if (problem.fields.length === 0) this.problem.set(problem.message);
          return problemErrors(form, problem.fields);
        }
      },
    });
  }

  private store(): Promise<Account> {
    const { password, ...details } = this.value();
    if (this.user === null) return this.api.create({ ...details, password });
    return this.api.update(this.user.id, password === '' ? details : { ...details, password });
  }
}
