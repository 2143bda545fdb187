import {
  eventBounds,
  queueBounds,
  retrySchema,
  type CreateEventInput,
  type Event,
  type OverlapPolicy,
  type Priority,
  type Retry,
  type RetryCause,
  type RetryInput,
} from '@cronium/contracts';

/** A retry policy as the editor edits it. */
export interface RetryForm {
  limit: number | null;
  backoff: Retry['backoff'];
  delaySeconds: number | null;
  maxDelaySeconds: number | null;
  /** Of a choice, which gives text: `0.1`. */
  jitter: string;
  on: RetryCause[];
  /** As it is typed: `75, 111`; empty for any. */
  exitCodes: string;
}

/** What an event does when it is triggered again, and when it does not succeed. */
export interface PolicyForm {
  overlapPolicy: OverlapPolicy;
  maxConcurrentExecutions: number | null;
  maxQueuedExecutions: number | null;
  priority: Priority;
  debounceSeconds: number | null;
  coalesce: boolean;
  setupTimeoutSeconds: number | null;
  cleanupTimeoutSeconds: number | null;
  retry: RetryForm;
}

export function newPolicyForm(): PolicyForm {
  return {
    overlapPolicy: 'allow',
    maxConcurrentExecutions: null,
    maxQueuedExecutions: queueBounds.queuedExecutions.default,
    priority: 'normal',
    debounceSeconds: null,
    coalesce: false,
    setupTimeoutSeconds: eventBounds.setupTimeoutSeconds.default,
    cleanupTimeoutSeconds: eventBounds.cleanupTimeoutSeconds.default,
    retry: toRetryForm(retrySchema.parse({})),
  };
}

export function toPolicyForm(event: Event): PolicyForm {
  return {
    overlapPolicy: event.overlapPolicy,
    maxConcurrentExecutions: event.maxConcurrentExecutions,
    maxQueuedExecutions: event.maxQueuedExecutions,
    priority: event.priority,
    debounceSeconds: event.debounceSeconds || null,
    coalesce: event.coalesce,
    setupTimeoutSeconds: event.setupTimeoutSeconds,
    cleanupTimeoutSeconds: event.cleanupTimeoutSeconds,
    retry: toRetryForm(event.retry),
  };
}

/** The part of an event’s body. Of what is empty the API’s default is meant, or `requiredPolicies` names it. */
export function toPolicies(form: PolicyForm) {
  return {
    overlapPolicy: form.overlapPolicy,
    maxConcurrentExecutions: form.maxConcurrentExecutions,
    maxQueuedExecutions: form.maxQueuedExecutions ?? undefined,
    priority: form.priority,
    debounceSeconds: form.debounceSeconds ?? 0,
    coalesce: form.coalesce,
    setupTimeoutSeconds: form.setupTimeoutSeconds ?? undefined,
    cleanupTimeoutSeconds: form.cleanupTimeoutSeconds ?? undefined,
    retry: toRetry(form.retry),
  } satisfies Partial<CreateEventInput>;
}

export function toRetry(form: RetryForm): RetryInput {
  const codes = form.exitCodes.split(/[\s,;]+/).filter((code) => code !== '');
  return {
    limit: form.limit ?? 0,
    backoff: form.backoff,
    delaySeconds: form.delaySeconds ?? 0,
    maxDelaySeconds: form.maxDelaySeconds ?? undefined,
    jitter: Number(form.jitter),
    on: form.on,
    exitCodes: codes.length === 0 ? null : codes.map(Number),
  };
}

/** Figures that may not be left empty, with what is said then. */
export const requiredPolicies = [
  ['maxQueuedExecutions', 'Say how many may wait.'],
  ['setupTimeoutSeconds', 'Give a time in seconds.'],
  ['cleanupTimeoutSeconds', 'Give a time in seconds; 0 ends it at once.'],
] as const satisfies readonly (readonly [keyof PolicyForm, string])[];

/** An error in an item of a list stands at the field that has the whole list. */
export function policyPath(path: PropertyKey[]): PropertyKey[] {
  const isListOfRetry = path[0] === 'retry' && (path[1] === 'exitCodes' || path[1] === 'on');
  return isListOfRetry ? path.slice(0, 2) : path;
}

function toRetryForm(retry: Retry): RetryForm {
  return {
    ...retry,
    jitter: String(retry.jitter),
    on: [...retry.on],
    exitCodes: retry.exitCodes?.join(', ') ?? '',
  };
}
