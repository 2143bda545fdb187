import { HttpClient } from '@angular/common/http';
import { Component, inject, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema, type FieldTree } from '@angular/forms/signals';
import { changePasswordSchema, routes, updateMeSchema, type User } from '@cronium/contracts';
import { firstValueFrom } from 'rxjs';

import { SessionStore } from '../../core/auth/session';
import { apiUrl } from '../../core/http/api-url';
import { toApiProblem } from '../../core/http/problem';
import { Toasts } from '../../shared/feedback/toasts';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { roleWords } from '../../shared/look/looks';

/** One's own name and password. */
@Component({
  selector: 'cr-account-page',
  imports: [Field, FieldControl, FormField],
  templateUrl: './account-page.html',
  styleUrl: './account-page.scss',
})
export class AccountPage {
  private readonly http = inject(HttpClient);
  private readonly session = inject(SessionStore);
  private readonly toasts = inject(Toasts);

  protected readonly user = this.session.user;
  protected readonly roleWords = roleWords;
  protected readonly nameForm = form(signal({ name: this.user()?.name ?? '' }), (path) =>
    validateStandardSchema(path, updateMeSchema.required()),
  );
  protected readonly passwordForm = form(signal({ currentPassword: '', newPassword: '' }), (path) =>
    validateStandardSchema(path, changePasswordSchema),
  );

  protected async saveName(event: Event): Promise<void> {
    event.preventDefault();
    await this.send(this.nameForm, async (change) => {
      const user = await firstValueFrom(this.http.patch<User>(apiUrl(routes.auth.me), change));
      this.session.rename(user);
      this.toasts.show('Your name is saved.');
    });
  }

  protected async savePassword(event: Event): Promise<void> {
    event.preventDefault();
    await this.send(this.passwordForm, async (change) => {
      await firstValueFrom(this.http.post<unknown>(apiUrl(routes.auth.password), change));
      this.passwordForm().value.set({ currentPassword: '', newPassword: '' });
      this.passwordForm().reset();
      this.toasts.show('Your password is changed. Other sessions are signed out.');
    });
  }

  private async send<T>(target: FieldTree<T>, act: (value: T) => Promise<void>): Promise<void> {
    await submit(target, {
      onInvalid: (field) => field().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (field) => {
        try {
          await act(field().value());
          return null;
        } catch (error) {
          const problem = toApiProblem(error);
          if (problem.fields.length === 0) this.toasts.show(problem.message);
          return problemErrors(field, problem.fields);
        }
      },
    });
  }
}
