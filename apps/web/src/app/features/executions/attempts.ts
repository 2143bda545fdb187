import { isActive, type Job } from '@cronium/contracts';

/** The attempts of an execution on one server. */
export interface Attempts {
  /** The first one first. */
  readonly all: readonly Job[];
  readonly last: Job;
}

/** The jobs of an execution, which come server after server with their attempts in order. */
export function attemptsByServer(jobs: readonly Job[]): readonly Attempts[] {
  const servers: Job[][] = [];
  for (const job of jobs) {
    const before = servers.at(-1);
    if (job.attempt > 1 && before) before.push(job);
    else servers.push([job]);
  }
  return servers.flatMap((all) => {
    const last = all.at(-1);
    return last ? [{ all, last }] : [];
  });
}

/** The job to look at when nobody has chosen: the last attempt on the first server, unless it only waits to be tried again. */
export function firstToShow(jobs: readonly Job[]): Job | undefined {
  const [first] = attemptsByServer(jobs);
  if (!first) return undefined;
  const ended = first.all.filter(({ state }) => !isActive(state));
  return first.last.state === 'queued' ? (ended.at(-1) ?? first.last) : first.last;
}
