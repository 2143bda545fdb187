import type { ExecutionState, JobState } from '@cronium/contracts';

import { executionStateOf } from './execution-state';

describe('executionStateOf', () => {
  it.each<[JobState[], ExecutionState]>([
    [['queued'], 'queued'],
    [['queued', 'starting'], 'starting'],
    [['queued', 'running'], 'running'],
    [['succeeded', 'queued'], 'running'],
    [['succeeded', 'succeeded'], 'succeeded'],
    [['failed'], 'failed'],
    [['timed_out', 'timed_out'], 'timed_out'],
    [['lost'], 'lost'],
    [['cancelled'], 'cancelled'],
    [['succeeded', 'failed'], 'partial'],
    [['succeeded', 'cancelled', 'lost'], 'partial'],
    [['failed', 'timed_out'], 'failed'],
  ])('of %j is %s', (jobs, expected) => {
    expect(executionStateOf(jobs)).toBe(expected);
  });
});
