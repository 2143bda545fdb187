import { httpResource } from '@angular/common/http';
import { Component, computed, inject, signal } from '@angular/core';
import { FormField, form, submit, validateStandardSchema } from '@angular/forms/signals';
import { MAT_DIALOG_DATA, MatDialogModule, MatDialogRef } from '@angular/material/dialog';
import {
  alertKindFacts,
  alertKinds,
  routes,
  type AlertKind,
  type AlertSilence,
  type EventSummary,
  type Page,
  type Server,
} from '@cronium/contracts';

import { SessionStore } from '../../../core/auth/session';
import { apiUrl } from '../../../core/http/api-url';
import { toApiProblem } from '../../../core/http/problem';
import { Notice } from '../../../shared/feedback/notice';
import { Field, FieldControl } from '../../../shared/form/field';
import { problemErrors } from '../../../shared/form/problem-errors';
import { AlertApi } from '../alert-api';
import { localTime, silenceFormSchema, toSilence, type SilenceForm } from './silence-form';

/** What it is to begin with. */
export interface SilenceSubject {
  readonly kind: AlertKind | null;
  readonly server: { readonly id: string; readonly name: string } | null;
  readonly event: { readonly id: string; readonly name: string } | null;
}

const hours = [
  { word: '1 hour', hours: 1 },
  { word: '4 hours', hours: 4 },
  { word: '1 day', hours: 24 },
  { word: '1 week', hours: 168 },
];

/** Sets a silence. The result is the silence. */
@Component({
  selector: 'cr-silence-dialog',
  imports: [Field, FieldControl, FormField, MatDialogModule, Notice],
  template: `
    <h2 mat-dialog-title>New silence</h2>
    <form novalidate (submit)="save($event)">
      <mat-dialog-content class="fields">
        @if (problem(); as text) {
          <cr-notice tone="error">{{ text }}</cr-notice>
        }
        <p class="muted">
          Alerts that match are on record, and are not delivered. What is still wrong when it ends is
          delivered then.
        </p>
        <div class="pair">
          <cr-field label="Kind">
            <select crControl class="input" [formField]="form.kind">
              <option value="">Every kind</option>
              @for (kind of kinds; track kind) {
                <option [value]="kind">{{ facts[kind].label }}</option>
              }
            </select>
          </cr-field>
          <cr-field label="About">
            <select crControl class="input" [formField]="form.about">
              <option value="">{{ isAdmin ? 'Everything' : 'Choose…' }}</option>
              <optgroup label="Servers">
                @for (server of servers(); track server.id) {
                  <option [value]="'server ' + server.id">{{ server.name }}</option>
                }
              </optgroup>
              <optgroup label="Events">
                @for (event of events(); track event.id) {
                  <option [value]="'event ' + event.id">{{ event.name }}</option>
                }
              </optgroup>
            </select>
          </cr-field>
        </div>
        <cr-field label="Reason" hint="For those who wonder why nobody was told.">
          <input crControl class="input" autocomplete="off" [formField]="form.reason" />
        </cr-field>
        <div class="pair">
          <cr-field label="From">
            <input crControl class="input" type="datetime-local" [formField]="form.startsAt" />
          </cr-field>
          <cr-field label="Until">
            <input crControl class="input" type="datetime-local" [formField]="form.endsAt" />
          </cr-field>
        </div>
        <div class="lengths" role="group" aria-label="How long">
          @for (choice of hours; track choice.hours) {
            <button type="button" class="button dense" (click)="last(choice.hours)">{{ choice.word }}</button>
          }
        </div>
        <cr-field
          label="Repeats"
          [hint]="
            form.repeat().value() === 'weekly'
              ? 'At the same times on the clocks of ' + zone + ', each week until you delete it.'
              : undefined
          "
        >
          <select crControl class="input" [formField]="form.repeat">
            <option value="never">Does not repeat</option>
            <option value="weekly">Every week, as a maintenance window</option>
          </select>
        </cr-field>
      </mat-dialog-content>
      <mat-dialog-actions align="end">
        <button type="button" class="button" mat-dialog-close>Cancel</button>
        <button type="submit" class="button primary" [disabled]="form().submitting()">Set silence</button>
      </mat-dialog-actions>
    </form>
  `,
  styleUrl: '../alert-dialog.scss',
})
export class SilenceDialog {
  private readonly api = inject(AlertApi);
  private readonly dialog = inject<MatDialogRef<unknown, AlertSilence>>(MatDialogRef);
  private readonly subject = inject<SilenceSubject | null>(MAT_DIALOG_DATA);

  protected readonly isAdmin = inject(SessionStore).user()?.role === 'ADMIN';
  protected readonly zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  protected readonly kinds = alertKinds;
  protected readonly facts = alertKindFacts;
  protected readonly hours = hours;
  protected readonly problem = signal<string | null>(null);
  private readonly readServers = httpResource<Page<Server>>(() => ({
    url: apiUrl(routes.servers),
    params: { limit: 200, scope: this.isAdmin ? 'all' : 'usable' },
  }));
  private readonly readEvents = httpResource<Page<EventSummary>>(() => ({
    url: apiUrl(routes.events),
    params: { limit: 200 },
  }));
  protected readonly servers = computed(() =>
    withOne(this.readServers.hasValue() ? this.readServers.value().items : [], this.subject?.server),
  );
  protected readonly events = computed(() =>
    withOne(this.readEvents.hasValue() ? this.readEvents.value().items : [], this.subject?.event),
  );
  private readonly value = signal<SilenceForm>(initial(this.subject));
  protected readonly form = form(this.value, (path) => validateStandardSchema(path, silenceFormSchema));

  protected last(count: number): void {
    const start = new Date(this.value().startsAt);
    const from = Number.isNaN(start.getTime()) ? new Date() : start;
    const endsAt = localTime(new Date(from.getTime() + count * 3_600_000));
    this.value.update((value) => ({ ...value, endsAt }));
  }

  protected async save(event: Event): Promise<void> {
    event.preventDefault();
    this.problem.set(null);
    await submit(this.form, {
      onInvalid: (form) => form().errorSummary()[0]?.fieldTree().focusBoundControl(),
      action: async (form) => {
        try {
          this.dialog.close(await this.api.createSilence(toSilence(this.value())));
          return null;
        } catch (error) {
          const { fields, message } = toApiProblem(error);
          const errors = fields.map((field) => ({
            ...field,
            path: field.path.replace(/^body\.(serverId|eventId)$/, 'body.about'),
          }));
          if (errors.length === 0) this.problem.set(message);
          return problemErrors(form, errors);
        }
      },
    });
  }
}

function initial(subject: SilenceSubject | null): SilenceForm {
  const now = new Date();
  const about = subject?.server
    ? `server ${subject.server.id}`
    : subject?.event
      ? `event ${subject.event.id}`
      : '';
  return {
    kind: subject?.kind ?? '',
    about,
    reason: '',
    startsAt: localTime(now),
    endsAt: localTime(new Date(now.getTime() + 4 * 3_600_000)),
    repeat: 'never',
  };
}

/** What it is about is in the choice also when it is not among those that were read. */
function withOne(
  known: readonly { id: string; name: string }[],
  one: { readonly id: string; readonly name: string } | null | undefined,
): readonly { readonly id: string; readonly name: string }[] {
  return !one || known.some(({ id }) => id === one.id) ? known : [one, ...known];
}
