import { Component, computed, input, output } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import {
  eventBounds,
  targetStrategySchema,
  type Event,
  type Server,
  type TargetStrategy,
} from '@cronium/contracts';
import { strictestLimits, type ResourceLimits } from '@cronium/server-types';
import { mdiDeleteOutline } from '@mdi/js';

import { More } from '../../shared/disclosure/more';
import { Field, FieldControl } from '../../shared/form/field';
import { Icon } from '../../shared/icon/icon';
import { limitFields } from '../../shared/limits/limit-fields';
import { ServerSelect } from '../../shared/server-select/server-select';
import { formatDuration } from '../../shared/time/duration';
import { EnvironmentRows } from './environment-rows';
import { EventOverlap } from './event-overlap';
import { EventRetry } from './event-retry';
import { EventSchedule } from './event-schedule';
import type { EventForm } from './event-form';
import { type AdvisedLimits, LimitsAdviceTable } from './limits-advice';
import { RecentExecutions } from './recent-executions';
import { EventTimeline } from './timeline/event-timeline';
import { TagInput } from '../../shared/tag-input/tag-input';

export const strategyWords: Record<TargetStrategy, { word: string; note: string }> = {
  all: { word: 'On all of them', note: 'One job a server.' },
  any: { word: 'On the least loaded', note: 'One job, on a healthy server.' },
  failover: {
    word: 'On the first that works',
    note: 'In this order; the next is tried when a server fails.',
  },
  round_robin: { word: 'In turn', note: 'One job, each time on the next server.' },
};

/** The side column of the editor: When, Where, what happens when it is triggered again or fails, Limits, Environment, and what is said about the event. */
@Component({
  selector: 'cr-event-settings',
  imports: [
    EnvironmentRows,
    EventOverlap,
    EventRetry,
    EventSchedule,
    EventTimeline,
    Field,
    FieldControl,
    FormField,
    Icon,
    LimitsAdviceTable,
    More,
    RecentExecutions,
    ServerSelect,
    TagInput,
  ],
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
    const limits = (this.servers() ?? []).flatMap((server) => (chosen.has(server.id) ? [server.limits] : []));
    const [first, ...others] = limits;
    return first === undefined ? null : others.reduce((all, one) => strictestLimits(all, one), first);
  });

  /** Every tag that a server of this person has. */
  protected readonly serverTags = computed(() =>
    [...new Set((this.servers() ?? []).flatMap((server) => server.tags))].sort((a, b) => a.localeCompare(b)),
  );
  /** With one server there is nothing to choose between. */
  protected readonly choosesStrategy = computed(
    () => this.form().targetBy().value() === 'tag' || this.form().serverIds().value().length > 1,
  );
  protected readonly strategies = targetStrategySchema.options;
  protected readonly strategyWords = strategyWords;

  /** Whether the times around the script are not as usual, or wrong. */
  protected readonly hasOtherTimes = computed(() => {
    const { setupTimeoutSeconds: setup, cleanupTimeoutSeconds: cleanup } = this.form();
    return (
      setup().value() !== eventBounds.setupTimeoutSeconds.default ||
      cleanup().value() !== eventBounds.cleanupTimeoutSeconds.default ||
      [setup, cleanup].some((field) => field().invalid())
    );
  });

  protected readonly timeoutHint = computed(() => {
    const seconds = this.form().timeoutSeconds().value();
    return seconds !== null && seconds >= 60 ? formatDuration(seconds * 1000) : undefined;
  });

  /** What its jobs have shown to do; saved with the rest. */
  protected limit({ timeoutSeconds, ...limits }: AdvisedLimits): void {
    const form = this.form();
    if (timeoutSeconds !== undefined) form.timeoutSeconds().value.set(timeoutSeconds);
    for (const key of ['memoryMb', 'diskMb', 'outputMb'] as const) {
      const suggested = limits[key];
      if (suggested !== undefined)
        form.limits[key]().value.set(Math.min(suggested, this.allowed()?.[key] ?? suggested));
    }
  }

  /** A limit that is looser than the server’s does not hold: say so where it is written. */
  protected limitHint(key: keyof ResourceLimits): string | undefined {
    const own = this.form().limits[key]().value();
    const allowed = this.allowed()?.[key];
    return own !== null && allowed !== undefined && own > allowed
      ? `The server’s ${allowed} holds`
      : undefined;
  }
}
