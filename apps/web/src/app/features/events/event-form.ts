import {
  createEventSchema,
  eventBounds,
  type CreateEventInput,
  type EnvironmentEntryInput,
  type Event,
  type EventType,
  type MisfirePolicy,
  type TargetStrategy,
  type UpdateEvent,
} from '@cronium/contracts';
import type { ResourceLimits } from '@cronium/server-types';

import { checkedBy } from '../../shared/form/checked-by';
import {
  newPolicyForm,
  policyPath,
  requiredPolicies,
  toPolicies,
  toPolicyForm,
  type PolicyForm,
} from './policy-form';
import { newScheduleForm, type ScheduleForm, toSchedule, toScheduleForm } from './schedule-form';
import { sampleScripts } from './sample-scripts';

export interface EnvironmentRow {
  key: string;
  value: string;
  secret: boolean;
  /** A secret that the server keeps and never gives back. It stays as it is while `value` is empty and `replace` is off. */
  stored: boolean;
  replace: boolean;
}

export type LimitsForm = Record<keyof ResourceLimits, number | null>;

/** An event as the editor edits it. Fields are named and nested as in the API, so that its errors find their field. */
export interface EventForm extends PolicyForm {
  name: string;
  description: string;
  type: EventType;
  content: string;
  /** Named servers, or every server with a tag; the other of the two is kept in the form, and not sent. */
  targetBy: 'servers' | 'tag';
  serverIds: string[];
  serverTag: string;
  targetStrategy: TargetStrategy;
  schedule: ScheduleForm;
  calendarIds: string[];
  paused: boolean;
  misfirePolicy: MisfirePolicy;
  timeoutSeconds: number | null;
  limits: LimitsForm;
  environment: EnvironmentRow[];
  tags: string[];
}

export function emptyRow(): EnvironmentRow {
  return { key: '', value: '', secret: false, stored: false, replace: false };
}

export function newEventForm(): EventForm {
  return {
    name: '',
    description: '',
    type: 'BASH',
    content: sampleScripts.BASH,
    targetBy: 'servers',
    serverIds: [],
    serverTag: '',
    targetStrategy: 'all',
    schedule: newScheduleForm(),
    calendarIds: [],
    paused: false,
    misfirePolicy: 'run_once',
    ...newPolicyForm(),
    timeoutSeconds: eventBounds.timeoutSeconds.default,
    limits: { cpu: null, memoryMb: null, pids: null, diskMb: null, outputMb: null },
    environment: [],
    tags: [],
  };
}

export function toEventForm(event: Event): EventForm {
  const { limits } = event;
  return {
    name: event.name,
    description: event.description,
    type: event.type,
    content: event.content,
    targetBy: event.serverTag === null ? 'servers' : 'tag',
    serverIds: [...event.serverIds],
    serverTag: event.serverTag ?? '',
    targetStrategy: event.targetStrategy,
    schedule: toScheduleForm(event.schedule),
    calendarIds: [...event.calendarIds],
    paused: event.paused,
    misfirePolicy: event.misfirePolicy,
    ...toPolicyForm(event),
    timeoutSeconds: event.timeoutSeconds,
    limits: {
      cpu: limits.cpu ?? null,
      memoryMb: limits.memoryMb ?? null,
      pids: limits.pids ?? null,
      diskMb: limits.diskMb ?? null,
      outputMb: limits.outputMb ?? null,
    },
    environment: event.environment.map((entry) => ({
      key: entry.key,
      value: entry.value ?? '',
      secret: entry.secret,
      stored: entry.secret && entry.value === null,
      replace: false,
    })),
    tags: [...event.tags],
  };
}

function toEntry(row: EnvironmentRow): EnvironmentEntryInput {
  const keeps = row.stored && row.secret && !row.replace;
  return { key: row.key.trim(), value: keeps ? null : row.value, secret: row.secret };
}

function toLimits(limits: LimitsForm): Partial<ResourceLimits> {
  const set = Object.entries(limits).filter((entry): entry is [string, number] => entry[1] !== null);
  return Object.fromEntries(set);
}

/** Body of `POST /api/events`. An empty timeout is left out here and refused by `eventFormSchema`. */
export function toCreateEvent(form: EventForm): CreateEventInput {
  return {
    name: form.name,
    description: form.description,
    type: form.type,
    content: form.content,
    serverIds: form.targetBy === 'servers' ? form.serverIds : [],
    serverTag: form.targetBy === 'tag' ? form.serverTag : null,
    targetStrategy: form.targetStrategy,
    schedule: toSchedule(form.schedule),
    calendarIds: form.calendarIds,
    paused: form.paused,
    misfirePolicy: form.misfirePolicy,
    ...toPolicies(form),
    timeoutSeconds: form.timeoutSeconds ?? undefined,
    limits: toLimits(form.limits),
    environment: form.environment.map(toEntry),
    tags: form.tags,
  };
}

/** Body of `PATCH /api/events/:id`. With a version it is refused when someone else has saved since. */
export function toUpdateEvent(form: EventForm, version: number | undefined): UpdateEvent {
  return { ...(toCreateEvent(form) as UpdateEvent), version };
}

/** What the API will check, checked here with the same schema: the form is first made into the request. */
export const eventFormSchema = checkedBy<EventForm>(createEventSchema, toCreateEvent, policyPath).superRefine(
  (form, context) => {
    const required = [['timeoutSeconds', 'Give a time in seconds.'], ...requiredPolicies] as const;
    for (const [field, message] of required) {
      if (form[field] === null) context.addIssue({ code: 'custom', path: [field], message });
    }
  },
);
