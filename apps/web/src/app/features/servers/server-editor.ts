import { httpResource } from '@angular/common/http';
import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { Router, RouterLink } from '@angular/router';
import type { ConnectionTest, Page, Server } from '@cronium/contracts';
import type { HostKey } from '@cronium/server-types';
import { mdiContentSaveOutline, mdiKeyPlus, mdiLanConnect, mdiShieldKeyOutline } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { Notice } from '../../shared/feedback/notice';
import { Toasts } from '../../shared/feedback/toasts';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { Icon } from '../../shared/icon/icon';
import { limitFields } from '../../shared/limits/limit-fields';
import { TagInput } from '../../shared/tag-input/tag-input';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';
import { ConnectionSteps } from './connection-steps';
import { ServerApi, serversUrl } from './server-api';
import {
  fieldOfCredential,
  newServerForm,
  serverFormSchema,
  toCreateServer,
  toServerForm,
  toTestServer,
  toUpdateServer,
  toUpdateSsh,
  type SignInWith,
} from './server-form';
import { ServerKinds } from './server-kinds';
import { WaitingFields } from './waiting-fields';

const signInWords: Record<SignInWith, string> = {
  keep: 'As it is stored',
  generated_key: 'A key that Cronium makes',
  private_key: 'A private key of yours',
  password: 'A password',
};

/** Adds an SSH host, or changes one: where it is, how to sign in, whether its key is right, and whether it all works. */
@Component({
  selector: 'cr-server-editor',
  imports: [
    ConnectionSteps,
    Field,
    FieldControl,
    FormField,
    Icon,
    Notice,
    RouterLink,
    ServerKinds,
    TagInput,
    WaitingFields,
  ],
  templateUrl: './server-editor.html',
  styleUrl: './server-editor.scss',
  host: { '(document:keydown)': 'pressKey($event)', '(window:beforeunload)': 'warnOfLoss($event)' },
})
export class ServerEditor implements HoldsChanges {
  private readonly api = inject(ServerApi);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);

  /** Absent for a new one. */
  readonly server = input<Server>();
  protected readonly id = computed(() => this.server()?.id);
  private readonly servers = httpResource<Page<Server>>(() => ({ url: serversUrl, params: { limit: 200 } }));
  protected readonly jumpServers = computed(() =>
    (this.servers.hasValue() ? this.servers.value().items : []).filter(
      (server) => server.type === 'ssh' && server.id !== this.id(),
    ),
  );

  private readonly value = signal(newServerForm());
  private readonly before = signal(this.value());
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, serverFormSchema));
  private readonly dirty = computed(() => JSON.stringify(this.value()) !== JSON.stringify(this.before()));

  protected readonly hostKey = signal<HostKey | null>(null);
  protected readonly approved = signal(false);
  protected readonly publicKey = signal<string | null>(null);
  protected readonly test = signal<ConnectionTest | null>(null);
  protected readonly working = signal<'host-key' | 'key' | 'test' | null>(null);
  protected readonly problem = signal<string | null>(null);
  protected readonly signInOptions = computed(() =>
    (Object.keys(signInWords) as SignInWith[]).filter((way) => way !== 'keep' || this.id() !== undefined),
  );
  protected readonly signInWords = signInWords;
  protected readonly limitFields = limitFields;
  protected readonly icons = {
    key: mdiKeyPlus,
    save: mdiContentSaveOutline,
    shield: mdiShieldKeyOutline,
    test: mdiLanConnect,
  };

  constructor() {
    effect(() => {
      const server = this.server();
      if (server) untracked(() => this.begin(toServerForm(server)));
    });
    // Another address is another host: what was approved or tried before says nothing of it.
    const address = computed(() =>
      [this.value().host, this.value().port, this.value().jumpServerId].join(' '),
    );
    let asked = address();
    effect(() => {
      if (address() === asked) return;
      asked = address();
      untracked(() => {
        this.hostKey.set(null);
        this.approved.set(false);
        this.test.set(null);
      });
    });
    const where = inject(WhereTitle);
    effect(() => {
      const label = this.id() === undefined ? 'Add a server' : this.before().name || 'Server';
      untracked(() => where.here({ label: 'Servers', link: '/servers' }, { label }));
    });
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

  protected fetchHostKey(): Promise<void> {
    return this.work('host-key', async () => {
      const { host, port, jumpServerId } = this.value();
      const request = { host, port: port ?? 22, jumpServerId: jumpServerId === '' ? null : jumpServerId };
      this.hostKey.set(await this.api.hostKey(request));
    });
  }

  protected makeKey(): Promise<void> {
    return this.work('key', async () => {
      const { keyId, publicKey } = await this.api.generateKey();
      this.publicKey.set(publicKey);
      this.value.update((value) => ({ ...value, keyId }));
    });
  }

  protected tryConnection(): Promise<void> {
    return this.work('test', async () => {
      const id = this.id();
      const value = this.value();
      this.test.set(null);
      this.test.set(
        id === undefined
          ? await this.api.test(toTestServer(value, this.approvedKey()))
          : await this.api.testSaved(id, toUpdateSsh(value)),
      );
    });
  }

  protected async save(): Promise<void> {
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          const server = await this.store();
          this.before.set(this.value());
          this.toasts.show(`“${server.name}” is saved.`);
          await this.router.navigate(['/servers', server.id]);
          return null;
        } catch (error) {
          const problem = toApiProblem(error);
          if (problem.fields.length === 0) this.problem.set(problem.message);
          return problemErrors(form, problem.fields.map(inForm));
        }
      },
    });
  }

  private async store(): Promise<Server> {
    const id = this.id();
    const value = this.value();
    if (id === undefined) return this.api.create(toCreateServer(value, this.approvedKey()));
    return this.api.update(id, toUpdateServer(value));
  }

  private approvedKey(): HostKey | undefined {
    return this.approved() ? (this.hostKey() ?? undefined) : undefined;
  }

  private begin(value: ReturnType<typeof newServerForm>): void {
    this.before.set(value);
    this.form().reset(value);
  }

  private async work(kind: 'host-key' | 'key' | 'test', act: () => Promise<void>): Promise<void> {
    this.working.set(kind);
    this.problem.set(null);
    try {
      await act();
    } catch (error) {
      this.problem.set(toApiProblem(error).message);
    } finally {
      this.working.set(null);
    }
  }
}

/** The API nests what the form has flat: `body.ssh.host` is `body.host` here, `body.credentials.password` is `body.password`. */
function inForm<T extends { path: string }>(error: T): T {
  const path = error.path.replace(/^body\.ssh\./, 'body.');
  const [, credential] = /^body\.credentials(?:\.(.+))?$/.exec(path) ?? [path];
  return {
    ...error,
    path: path.startsWith('body.credentials') ? `body.${fieldOfCredential(credential)}` : path,
  };
}
