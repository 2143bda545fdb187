import {
  createEventSchema,
  eventBounds,
  type CreateEventInput,
  type EnvironmentEntryInput,
  type Event,
  type EventType,
  type UpdateEvent,
} from '@cronium/contracts';
import type { ResourceLimits } from '@cronium/server-types';
import * as z from 'zod';

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
export interface EventForm {
  name: string;
  description: string;
  type: EventType;
  content: string;
  serverIds: string[];
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
    serverIds: [],
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
    serverIds: [...event.serverIds],
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
    serverIds: form.serverIds,
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
export const eventFormSchema = z
  .custom<EventForm>()
  .superRefine((form, context) => {
    if (form.timeoutSeconds === null) {
      context.addIssue({ code: 'custom', path: ['timeoutSeconds'], message: 'Give a time in seconds.' });
    }
  })
  .superRefine((form, context) => {
    for (const issue of createEventSchema.safeParse(toCreateEvent(form)).error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: [...issue.path], message: issue.message });
    }
  });
