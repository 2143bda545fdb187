import { Component, inject, input, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { Router } from '@angular/router';
import { loginRequestSchema } from '@cronium/contracts';

import { safeReturn } from '../../core/auth/auth-guard';
import { SessionStore } from '../../core/auth/session';
import { toApiProblem } from '../../core/http/problem';
import { Notice } from '../../shared/feedback/notice';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';

@Component({
  selector: 'cr-sign-in',
  imports: [Field, FieldControl, FormField, Notice],
  templateUrl: './sign-in.html',
  styleUrl: './sign-in.scss',
})
export class SignIn {
  private readonly session = inject(SessionStore);
  private readonly router = inject(Router);

  readonly returnTo = input<string>();

  protected readonly problem = signal<string | null>(null);
  protected readonly expired = (() => {
    const state = this.session.state();
    return state.kind === 'signed-out' && state.expired;
  })();
  protected readonly form = form(signal({ email: '', password: '' }), (path) =>
    validateStandardSchema(path, loginRequestSchema),
  );

  protected async signIn(event: Event): Promise<void> {
    event.preventDefault();
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          await this.session.signIn(form().value());
        } catch (error) {
          const problem = toApiProblem(error);
          this.problem.set(
            problem.status === 401 ? 'The e-mail address or the password is wrong.' : problem.message,
          );
          form.password().value.set('');
          form.password().reset();
          form.password().focusBoundControl();
          return problemErrors(form, problem.fields);
        }
        await this.router.navigateByUrl(safeReturn(this.returnTo()));
        return null;
      },
    });
  }
}
