import type { EventVersion, Retry, Schedule } from '@cronium/contracts';

import { limitFields } from '../../../shared/limits/limit-fields';
import { eventTypeLooks, priorityWords } from '../../../shared/look/looks';
import { formatDuration } from '../../../shared/time/duration';
import { misfireWords } from '../event-schedule';
import { overlapWords } from '../policy-words';
import { strategyWords } from '../event-settings';

/** What a save holds, named as in the API. */
export type EventField = Exclude<
  keyof EventVersion,
  'version' | 'at' | 'author' | 'note' | 'servers' | 'calendars'
>;

/** Each field in a word, in the order of the editor. One of a newer server is shown by its own name. */
const fieldLabels: Record<EventField, string> = {
  name: 'Name',
  type: 'Type',
  content: 'Script',
  schedule: 'Schedule',
  calendarIds: 'Calendars',
  paused: 'Paused',
  misfirePolicy: 'What was missed',
  misfireWindowSeconds: 'Made up for, at most after',
  serverIds: 'Servers',
  serverTag: 'Server tag',
  targetStrategy: 'How servers are used',
  overlapPolicy: 'While another run is under way',
  maxConcurrentExecutions: 'Executions at one time',
  maxQueuedExecutions: 'Executions that wait, at most',
  priority: 'Priority',
  debounceSeconds: 'Triggers wait for others',
  coalesce: 'Triggers join the one that waits',
  timeoutSeconds: 'Timeout',
  setupTimeoutSeconds: 'Timeout of the start',
  cleanupTimeoutSeconds: 'Time to end by itself',
  retry: 'Retries',
  limits: 'Limits',
  environment: 'Environment',
  description: 'Description',
  tags: 'Tags',
};

export const eventFields = Object.keys(fieldLabels) as readonly EventField[];

export function fieldLabel(field: string): string {
  return (fieldLabels as Partial<Record<string, string>>)[field] ?? field;
}

/** What a version has in a field, for a person; `content` and `environment` are shown in their own ways. */
export function fieldWords(version: EventVersion, field: EventField): string {
  switch (field) {
    case 'type':
      return eventTypeLooks[version.type].word;
    case 'schedule':
      return scheduleWords(version.schedule);
    case 'paused':
    case 'coalesce':
      return version[field] ? 'Yes' : 'No';
    case 'overlapPolicy':
      return overlapWords[version.overlapPolicy];
    case 'priority':
      return priorityWords[version.priority];
    case 'maxConcurrentExecutions':
      return version.maxConcurrentExecutions === null
        ? 'no maximum'
        : String(version.maxConcurrentExecutions);
    case 'retry':
      return retryWords(version.retry);
    case 'misfirePolicy':
      return misfireWords[version.misfirePolicy];
    case 'serverIds':
      return listed(version.servers.map(({ name }) => name));
    case 'calendarIds':
      return listed(version.calendars.map(({ name }) => name));
    case 'targetStrategy':
      return strategyWords[version.targetStrategy].word;
    case 'misfireWindowSeconds':
    case 'timeoutSeconds':
    case 'setupTimeoutSeconds':
    case 'cleanupTimeoutSeconds':
    case 'debounceSeconds':
      return formatDuration(version[field] * 1000);
    case 'limits':
      return limitWords(version.limits);
    case 'tags':
      return listed(version.tags);
    default:
      return plain(version[field]);
  }
}

/** A value of the environment; a secret’s is not known. */
export function environmentWords(version: EventVersion, key: string): string {
  const entry = version.environment.find((one) => one.key === key);
  if (!entry) return none;
  return entry.secret ? 'a secret' : entry.value === '' ? 'empty' : (entry.value ?? none);
}

const none = 'none';

function scheduleWords(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'manual':
      return 'Only by hand or through the API';
    case 'once':
      return `Once, ${schedule.at.replace('T', ' ')} (${schedule.timezone})`;
    case 'cron':
      return [`${schedule.expression} (${schedule.timezone})`, ...bounds(schedule)].join(', ');
    case 'interval':
      return [
        `Every ${formatDuration(schedule.everySeconds * 1000)}`,
        ...(schedule.anchorAt ? [`counted from ${schedule.anchorAt}`] : []),
        ...bounds(schedule),
      ].join(', ');
  }
}

function bounds(schedule: Extract<Schedule, { kind: 'cron' | 'interval' }>): string[] {
  const { startAt, endAt, maxExecutions, jitterSeconds } = schedule;
  return [
    ...(startAt ? [`from ${startAt}`] : []),
    ...(endAt ? [`until ${endAt}`] : []),
    ...(maxExecutions === undefined ? [] : [`at most ${maxExecutions} times`]),
    ...(jitterSeconds === 0 ? [] : [`up to ${formatDuration(jitterSeconds * 1000)} later`]),
  ];
}

function retryWords({ limit, backoff, delaySeconds, maxDelaySeconds, jitter, on, exitCodes }: Retry): string {
  if (limit === 0) return none;
  const pause = formatDuration(delaySeconds * 1000);
  const ends = on.map((cause) => cause.replace('_', ' ')).join(', ');
  return [
    `${limit} after ${ends}`,
    backoff === 'fixed'
      ? `${pause} apart`
      : `${pause} apart, then twice as long each time up to ${formatDuration(maxDelaySeconds * 1000)}`,
    ...(jitter === 0 ? [] : [`${Math.round(jitter * 100)} % of it random`]),
    ...(exitCodes === null ? [] : [`only exit codes ${exitCodes.join(', ')}`]),
  ].join('; ');
}

function limitWords(limits: EventVersion['limits']): string {
  const set = limitFields.flatMap(({ key, label }) => {
    const value = limits[key];
    return value === undefined ? [] : [`${label} ${value}`];
  });
  return set.length === 0 ? 'the server’s' : set.join(', ');
}

function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return none;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const listed = (items: readonly string[]): string => (items.length === 0 ? none : items.join(', '));
