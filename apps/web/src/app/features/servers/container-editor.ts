import { Component, computed, effect, inject, input, signal, untracked } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { Router, RouterLink } from '@angular/router';
import type { Server, UpdateServer } from '@cronium/contracts';
import { containerRuntimeSchema, isolationSchema } from '@cronium/server-types';
import { mdiContentSaveOutline } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { WhereTitle } from '../../core/shell/where';
import { Dialogs } from '../../shared/dialog/dialogs';
import { Notice } from '../../shared/feedback/notice';
import { Toasts } from '../../shared/feedback/toasts';
import { Field, FieldControl } from '../../shared/form/field';
import { problemErrors } from '../../shared/form/problem-errors';
import { Icon } from '../../shared/icon/icon';
import { limitFields } from '../../shared/limits/limit-fields';
import { TagInput } from '../../shared/tag-input/tag-input';
import type { HoldsChanges } from '../../shared/unsaved/unsaved-changes';
import {
  containerFormSchema,
  toContainerForm,
  toContainerUpdate,
  type ContainerForm,
} from './container-form';
import { isWeaker, isolationWords } from './isolation-words';
import { runtimeWords } from './runtime-words';
import { ServerApi } from './server-api';
import { SetupChoice } from './setup-choice';
import { WaitingFields } from './waiting-fields';

const empty: ContainerForm = {
  ...{ name: '', description: '', tags: [] },
  broker: { address: '', joinToken: '' },
  containerConfig: {
    ...{ isolation: 'job', runtime: 'runc', maxConcurrentJobs: null },
    pool: { size: null, refillConcurrency: null },
    resourceLimits: { cpu: null, memoryMb: null, pids: null, diskMb: null, outputMb: null },
  },
  ...{ whenUnhealthy: 'fail', waitMinutes: null, maxQueuedJobs: null, whenQueueFull: 'refuse' },
};

/** Where the API may find something wrong and the page has no field that could say so. */
const fieldless = /^(body|body\.containerConfig)$/;

/** Changes a container server: what keeps its jobs apart, how many there are, and what each may use. */
@Component({
  selector: 'cr-container-editor',
  imports: [Field, FieldControl, FormField, Icon, Notice, RouterLink, SetupChoice, TagInput, WaitingFields],
  templateUrl: './container-editor.html',
  styleUrl: './server-editor.scss',
  host: { '(document:keydown)': 'pressKey($event)', '(window:beforeunload)': 'warnOfLoss($event)' },
})
export class ContainerEditor implements HoldsChanges {
  private readonly api = inject(ServerApi);
  private readonly dialogs = inject(Dialogs);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);

  readonly server = input.required<Server>();

  private readonly value = signal(empty);
  private readonly before = signal(empty);
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, containerFormSchema));
  protected readonly isolation = computed(() => this.value().containerConfig.isolation);
  protected readonly isolationBefore = computed(() => this.before().containerConfig.isolation);
  protected readonly runtime = computed(() => this.value().containerConfig.runtime);
  protected readonly runtimeBefore = computed(() => this.before().containerConfig.runtime);
  private readonly dirty = computed(() => JSON.stringify(this.value()) !== JSON.stringify(this.before()));

  protected readonly problem = signal<string | null>(null);
  protected readonly isolations = isolationSchema.options;
  protected readonly isolationWords = isolationWords;
  protected readonly runtimes = containerRuntimeSchema.options;
  protected readonly runtimeWords = runtimeWords;
  protected readonly limitFields = limitFields;
  protected readonly saveIcon = mdiContentSaveOutline;

  constructor() {
    effect(() => {
      const before = toContainerForm(this.server());
      untracked(() => {
        this.before.set(before);
        this.form().reset(before);
      });
    });
    const where = inject(WhereTitle);
    effect(() => {
      const { id, name } = this.server();
      untracked(() =>
        where.here(
          { label: 'Servers', link: '/servers' },
          { label: name, link: `/servers/${id}` },
          { label: 'Edit' },
        ),
      );
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

  protected async save(): Promise<void> {
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        const change = toContainerUpdate(this.value(), this.before());
        if (!(await this.isMeant(change.containerConfig))) return null;
        try {
          const server = await this.api.update(this.server().id, change);
          this.before.set(this.value());
          this.toasts.show(`“${server.name}” is saved.`);
          await this.router.navigate(['/servers', server.id]);
          return null;
        } catch (error) {
          const problem = toApiProblem(error);
          if (problem.fields.every(({ path }) => fieldless.test(path))) this.problem.set(problem.message);
          return problemErrors(form, problem.fields);
        }
      },
    });
  }

  /** Asks when jobs will be kept apart less than before, and names what is given up. */
  private async isMeant(change: UpdateServer['containerConfig'] = {}): Promise<boolean> {
    const { isolation, runtime } = change;
    const weaker = isolation !== undefined && isWeaker(isolation, this.isolationBefore());
    const steps = [
      ...(weaker ? [[isolationWords[this.isolationBefore()], isolationWords[isolation]] as const] : []),
      ...(runtime === 'runc' ? [[runtimeWords.runsc, runtimeWords.runc] as const] : []),
    ];
    if (steps.length === 0) return true;
    const points = [
      ...(weaker ? isolationWords[isolation].cautions : []),
      ...(runtime === 'runc' ? ['A hole in the machine’s kernel is within reach of scripts again.'] : []),
    ];
    return this.dialogs.confirm({
      heading: `Keep the jobs of “${this.server().name}” less apart?`,
      text: `${steps.map(([from, to]) => `From “${from.title}” to “${to.title}”.`).join(' ')} Given up:\n\n${points.map((point) => `• ${point}`).join('\n\n')}`,
      action: 'Give that up and save',
      danger: true,
    });
  }
}
