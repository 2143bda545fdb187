import { Component, computed, input, output } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import type { Event, Server } from '@cronium/contracts';
import { strictestLimits, type ResourceLimits } from '@cronium/server-types';
import { mdiDeleteOutline } from '@mdi/js';

import { Field } from '../../shared/form/field';
import { Icon } from '../../shared/icon/icon';
import { formatDuration } from '../../shared/time/duration';
import { EnvironmentRows } from './environment-rows';
import type { EventForm } from './event-form';
import { RecentExecutions } from './recent-executions';
import { ServerChoice } from './server-choice';
import { TagInput } from './tag-input';

interface LimitField {
  readonly key: keyof ResourceLimits;
  readonly label: string;
  readonly step: number;
}

const limitFields: readonly LimitField[] = [
  { key: 'cpu', label: 'CPU (cores)', step: 0.05 },
  { key: 'memoryMb', label: 'Memory (MiB)', step: 1 },
  { key: 'pids', label: 'Processes', step: 1 },
  { key: 'diskMb', label: 'Disk (MiB)', step: 1 },
  { key: 'outputMb', label: 'Output (MiB)', step: 1 },
];

/** The side column of the editor: When, Where, Limits, Environment, and what is said about the event. */
@Component({
  selector: 'cr-event-settings',
  imports: [EnvironmentRows, Field, FormField, Icon, RecentExecutions, ServerChoice, TagInput],
  templateUrl: './event-settings.html',
  styleUrl: './event-settings.scss',
})
export class EventSettings {
  readonly form = input.required<FieldTree<EventForm>>();
  readonly servers = input.required<readonly Server[] | undefined>();
  readonly serversError = input<Error>();
  readonly saved = input.required<Event | null>();
  readonly reloadServers = output();
  readonly delete = output();

  protected readonly limitFields = limitFields;
  protected readonly trash = mdiDeleteOutline;

  /** What the chosen servers allow: the strictest of them. */
  protected readonly allowed = computed<ResourceLimits | null>(() => {
    const chosen = new Set(this.form().serverIds().value());
    const limits = (this.servers() ?? []).flatMap((server) =>
      chosen.has(server.id) && server.containerConfig ? [server.containerConfig.resourceLimits] : [],
    );
    const [first, ...others] = limits;
    return first === undefined ? null : others.reduce((all, one) => strictestLimits(all, one), first);
  });

  protected readonly timeoutHint = computed(() => {
    const seconds = this.form().timeoutSeconds().value();
    return seconds !== null && seconds >= 60 ? formatDuration(seconds * 1000) : undefined;
  });

  /** A limit that is looser than the server’s does not hold: say so where it is written. */
  protected limitHint(key: keyof ResourceLimits): string | undefined {
    const own = this.form().limits[key]().value();
    const allowed = this.allowed()?.[key];
    return own !== null && allowed !== undefined && own > allowed
      ? `The server’s ${allowed} holds`
      : undefined;
  }
}
