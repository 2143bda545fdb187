import { httpResource } from '@angular/common/http';
import { Component, computed, input } from '@angular/core';
import type { EventVersion, EventVersionEntry } from '@cronium/contracts';

import { CodeDiff } from '../../../shared/code-editor/code-diff';
import { CodeEditor } from '../../../shared/code-editor/code-editor';
import { LoadError } from '../../../shared/feedback/load-error';
import { Skeleton } from '../../../shared/feedback/skeleton';
import { languageOf } from '../../../shared/look/languages';
import { versionUrl } from '../event-api';
import { fieldChanges, type FieldChange } from './field-changes';
import { eventFields, fieldLabel, fieldWords } from './field-words';

/** What one version of an event changed against another: fields in words, the script line by line. The first version is shown whole. */
@Component({
  selector: 'cr-version-diff',
  imports: [CodeDiff, CodeEditor, LoadError, Skeleton],
  templateUrl: './version-diff.html',
  styleUrl: './version-diff.scss',
})
export class VersionDiff {
  readonly eventId = input.required<string>();
  readonly version = input.required<number>();
  readonly compared = input.required<number | undefined>();
  /** What the list knows of the versions between. */
  readonly entries = input.required<readonly EventVersionEntry[]>();

  private readonly chosen = httpResource<EventVersion>(() => versionUrl(this.eventId(), this.version()));
  private readonly other = httpResource<EventVersion>(() => {
    const compared = this.compared();
    return compared === undefined ? undefined : versionUrl(this.eventId(), compared);
  });

  protected readonly error = computed(() => this.chosen.error() ?? this.other.error());
  protected readonly only = computed(() =>
    this.compared() === undefined && this.chosen.hasValue() ? this.chosen.value() : undefined,
  );
  /** The older of the two first, whichever was chosen. */
  protected readonly pair = computed(() => {
    if (this.compared() === undefined || !this.chosen.hasValue() || !this.other.hasValue()) return undefined;
    const [one, two] = [this.chosen.value(), this.other.value()];
    return one.version < two.version ? { before: one, after: two } : { before: two, after: one };
  });
  protected readonly fields = computed<readonly FieldChange[]>(() => {
    const pair = this.pair();
    if (pair === undefined) return [];
    const changes = fieldChanges(pair.before, pair.after);
    return this.secretsChanged(pair.before, pair.after) ? [...changes, secretsAnew] : changes;
  });
  protected readonly scriptChanged = computed(() => {
    const pair = this.pair();
    return pair !== undefined && pair.before.content !== pair.after.content;
  });
  protected readonly held = computed(() => {
    const only = this.only();
    if (only === undefined) return [];
    return eventFields
      .filter((field) => field !== 'content' && field !== 'environment')
      .map((field) => ({ label: fieldLabel(field), value: fieldWords(only, field) }));
  });
  protected readonly languageOf = languageOf;

  protected retry(): void {
    this.chosen.reload();
    this.other.reload();
  }

  /** A secret that has another value looks the same in both. */
  private secretsChanged(before: EventVersion, after: EventVersion): boolean {
    const hasSecret = after.environment.some(({ secret }) => secret);
    const looksSame = JSON.stringify(before.environment) === JSON.stringify(after.environment);
    return (
      hasSecret &&
      looksSame &&
      this.entries().some(
        ({ version, changes }) =>
          version > before.version && version <= after.version && changes.includes('environment'),
      )
    );
  }
}

const secretsAnew: FieldChange = {
  label: 'Environment',
  before: 'a secret',
  after: 'the secret was set anew between the two',
};
