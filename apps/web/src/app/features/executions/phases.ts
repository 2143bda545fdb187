import type { Job } from '@cronium/contracts';

export interface Phase {
  readonly name: string;
  /** ISO 8601; null while it has not begun. */
  readonly from: string | null;
  readonly to: string | null;
  readonly state: 'ahead' | 'now' | 'past' | 'none';
  /** Share of the bar: long phases are wide, and short ones stay readable. */
  readonly weight: number;
}

/** The four phases of a job with their times. A job that ended early has none of the later ones. */
export function phasesOf(job: Job, now: number): Phase[] {
  const marks = [job.queuedAt, job.startingAt, job.startedAt, job.scriptEndedAt, job.endedAt];
  return ['Queued', 'Starting', 'Running', 'Finishing'].map((name, at) => {
    const from = marks[at] ?? null;
    const next = marks.slice(at + 1).find((mark) => mark !== null) ?? null;
    if (from === null) {
      const state = job.endedAt === null ? ('ahead' as const) : ('none' as const);
      return { name, from, to: null, state, weight: 1 };
    }
    const length = (next === null ? now : Date.parse(next)) - Date.parse(from);
    const state = next === null ? ('now' as const) : ('past' as const);
    return { name, from, to: next, state, weight: 1 + Math.log10(1 + Math.max(0, length) / 100) };
  });
}
