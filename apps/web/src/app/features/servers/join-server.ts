import { Component, computed, inject, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { Router, RouterLink } from '@angular/router';
import { mdiLanConnect, mdiLockOutline } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { toApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { Notice } from '../../shared/feedback/notice';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Toasts } from '../../shared/feedback/toasts';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { Icon } from '../../shared/icon/icon';
import { TagInput } from '../../shared/tag-input/tag-input';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';
import { emptyJoinForm, joinFormSchema, toCreateContainerServer } from './join-form';
import { ServerApi } from './server-api';
import { ServerKinds } from './server-kinds';

/** Adds the sandboxes of another machine: joins the broker that runs there, by a token of its own. */
@Component({
  selector: 'cr-join-server',
  imports: [Field, FieldControl, FormField, Icon, Notice, Placeholder, RouterLink, ServerKinds, TagInput],
  templateUrl: './join-server.html',
  styleUrl: './server-editor.scss',
  host: { '(document:keydown)': 'pressKey($event)', '(window:beforeunload)': 'warnOfLoss($event)' },
})
export class JoinServer implements HoldsChanges {
  private readonly api = inject(ServerApi);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);

  private readonly value = signal(emptyJoinForm);
  private readonly before = signal(emptyJoinForm);
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, joinFormSchema));
  private readonly dirty = computed(() => JSON.stringify(this.value()) !== JSON.stringify(this.before()));

  protected readonly problem = signal<string | null>(null);
  protected readonly isAdmin = inject(SessionStore).user()?.role === 'ADMIN';
  protected readonly icons = { join: mdiLanConnect, lock: mdiLockOutline };
  /** As docs/operations/broker.md has it. */
  protected readonly commands = {
    run: 'npm run init && docker compose --file docker-compose.broker.yml up --wait',
    token:
      'docker compose --file docker-compose.broker.yml exec broker docker-entrypoint.sh broker join-token',
  };

  constructor() {
    inject(WhereTitle).here({ label: 'Servers', link: '/servers' }, { label: 'Add a server' });
  }

  hasUnsavedChanges(): boolean {
    return this.dirty();
  }

  protected warnOfLoss(event: BeforeUnloadEvent): void {
    if (this.dirty()) event.preventDefault();
  }

  protected pressKey(event: KeyboardEvent): void {
    if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    void this.save();
  }

  protected async save(): Promise<void> {
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          const server = await this.api.create(toCreateContainerServer(this.value()));
          this.before.set(this.value());
          // So that its page says how it is; if it cannot be asked now, it is within a minute.
          await this.api.check(server.id).catch(() => undefined);
          this.toasts.show(`“${server.name}” has joined.`);
          await this.router.navigate(['/servers', server.id]);
          return null;
        } catch (error) {
          const problem = toApiProblem(error);
          if (problem.fields.length === 0) this.problem.set(problem.message);
          return problemErrors(form, problem.fields);
        }
      },
    });
  }
}
