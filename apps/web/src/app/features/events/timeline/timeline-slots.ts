import type { ExecutionSummary, UpcomingEvent } from '@cronium/contracts';

import { stateLook, type StateTone } from '../../../shared/state/states';
import { formatDuration } from '../../../shared/time/duration';

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Something that happened, or is planned, in words. */
export interface Mark {
  readonly at: number;
  /** Null for what is planned. */
  readonly execution: ExecutionSummary | null;
  /** What there is to know beside its state and time: how late, how long, why not. */
  readonly detail: string;
  /** Runs that it stands for, of an event that runs very often. */
  readonly count: number;
}

/** A piece of the timeline: everything in it is one mark on the strip. */
export interface Slot extends Span {
  readonly marks: readonly Mark[];
  readonly tone: StateTone | 'planned';
  readonly label: string;
}

/** From the least to the worst: a slot has the colour of its worst end. */
const tones: readonly (StateTone | 'planned')[] = [
  ...(['planned', 'succeeded', 'queued', 'running', 'skipped', 'warning', 'lost', 'failed'] as const),
];
/** A start that is later than this after its planned time is told. */
const lateMs = 1000;

/** What happened to an event and what is planned, in pieces of equal length; those without anything are left out. */
export function timelineSlots(
  executions: readonly ExecutionSummary[],
  planned: UpcomingEvent | undefined,
  { from, to }: Span,
  count: number,
): Slot[] {
  const length = (to - from) / count;
  const bySlot = new Map<number, Mark[]>();
  const marks = [...executions.map(ranMark), ...(planned ? plannedMarks(planned) : [])];
  for (const mark of marks.filter(({ at }) => at >= from && at < to)) {
    const index = Math.floor((mark.at - from) / length);
    bySlot.set(index, [...(bySlot.get(index) ?? []), mark]);
  }
  return [...bySlot]
    .sort(([one], [other]) => one - other)
    .map(([index, inSlot]) => toSlot(inSlot, from + index * length, length));
}

function toSlot(marks: readonly Mark[], from: number, length: number): Slot {
  const sorted = [...marks].sort((one, other) => one.at - other.at);
  const tone = sorted
    .map(toneOf)
    .reduce((worst, one) => (tones.indexOf(one) > tones.indexOf(worst) ? one : worst), 'planned');
  const counts = new Map<string, number>();
  for (const mark of sorted) {
    const word = wordOf(mark).toLowerCase();
    counts.set(word, (counts.get(word) ?? 0) + mark.count);
  }
  const label = [...counts].map(([word, number]) => `${number} ${word}`).join(', ');
  return { from, to: from + length, marks: sorted, tone, label };
}

export function wordOf({ execution }: Mark): string {
  return execution ? stateLook(execution.state).word : 'Planned';
}

export function toneOf({ execution }: Mark): StateTone | 'planned' {
  return execution ? stateLook(execution.state).tone : 'planned';
}

function ranMark(execution: ExecutionSummary): Mark {
  const { plannedAt, createdAt, startedAt, endedAt, error, exitCode } = execution;
  const at = Date.parse(plannedAt ?? createdAt);
  const started = startedAt === null ? null : Date.parse(startedAt);
  const late = started !== null && plannedAt !== null ? started - at : 0;
  const detail = [
    ...(late > lateMs ? [`started ${formatDuration(late)} after its time`] : []),
    ...(started !== null && endedAt !== null
      ? [`took ${formatDuration(Date.parse(endedAt) - started)}`]
      : []),
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
    ...(error ? [error.message] : []),
  ].join('; ');
  return { at, execution, detail, count: 1 };
}

function plannedMarks({ runs, hours, paused }: UpcomingEvent): Mark[] {
  const detail = paused ? 'paused: it is not started' : '';
  return [
    ...runs.map((run) => ({ at: Date.parse(run), execution: null, detail, count: 1 })),
    ...hours.map(({ at, count }) => ({
      at: Date.parse(at),
      execution: null,
      detail: [`${count} runs in this hour`, detail].filter(Boolean).join('; '),
      count,
    })),
  ];
}
