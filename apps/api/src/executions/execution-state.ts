import { type ExecutionState, isActive, type JobState, type TargetStrategy } from '@cronium/contracts';

/**
 * An execution's state, from its jobs: while any is active, how far the furthest has come; then their common end, or `partial` when
 * some servers succeeded and others did not. Different ends without a success are `failed`. With `failover` the last job's end counts: the
 * ones before it failed so that it could run.
 */
export function executionStateOf(
  jobs: readonly JobState[],
  strategy: TargetStrategy = 'all',
): ExecutionState {
  if (jobs.some(isActive)) {
    if (jobs.includes('running') || jobs.some((state) => !isActive(state))) return 'running';
    return jobs.includes('starting') ? 'starting' : 'queued';
  }
  if (strategy === 'failover') return jobs.at(-1) ?? 'skipped';
  const [first = 'skipped', ...others] = jobs;
  if (others.every((state) => state === first)) return first;
  return jobs.includes('succeeded') ? 'partial' : 'failed';
}
