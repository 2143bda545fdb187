import type { Job } from '@cronium/contracts';

import { endOf, errorHeading } from '../../shared/state/ends';
import { phasesOf } from './phases';
import { sinceOf } from '../../shared/time/time-ranges';
import { triggerOf } from './triggers';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const job = (marks: Partial<Job>): Job => ({
  id: '019abe00-0000-7000-8000-000000000002',
  serverId: null,
  serverName: 'Local Execution',
  serverType: 'container',
  attempt: 1,
  state: 'running',
  queuedAt: at(0),
  startingAt: null,
  startedAt: null,
  scriptEndedAt: null,
  endedAt: null,
  logEntries: 0,
  logBytes: 0,
  logRemovedAt: null,
  waitingFor: null,
  queue: null,
  ...marks,
});

describe('phasesOf', () => {
  it('shows where a running job is, and what is ahead', () => {
    const phases = phasesOf(job({ startingAt: at(1), startedAt: at(2) }), Date.parse(at(10)));
    expect(phases.map(({ name, state }) => [name, state])).toEqual([
      ['Queued', 'past'],
      ['Starting', 'past'],
      ['Running', 'now'],
      ['Finishing', 'ahead'],
    ]);
    expect(phases[2]?.weight).toBeGreaterThan(phases[1]?.weight ?? 0);
  });

  it('has no later phases for a job that ended before them', () => {
    const phases = phasesOf(job({ state: 'cancelled', endedAt: at(3) }), Date.parse(at(9)));
    expect(phases.map(({ state, to }) => [state, to])).toEqual([
      ['past', at(3)],
      ['none', null],
      ['none', null],
      ['none', null],
    ]);
  });
});

describe('words of an execution', () => {
  it('names what set it off', () => {
    const person = { id: '019abe00-0000-7000-8000-000000000003', name: 'Ada' };
    expect(triggerOf({ trigger: 'manual', triggeredBy: person })).toBe('by Ada');
    expect(triggerOf({ trigger: 'api', triggeredBy: person })).toBe('through the API by Ada');
    expect(triggerOf({ trigger: 'api', triggeredBy: null })).toBe('through the API');
  });

  it('names ends and errors, also ones it does not know', () => {
    expect(endOf({ exitCode: 3 })).toBe('exit 3');
    expect(endOf({ signal: 'SIGSEGV' })).toBe('SIGSEGV');
    expect(endOf({})).toBeNull();
    expect(errorHeading({ code: 'out_of_memory', message: '', platform: false })).toBe('Out of memory');
    expect(errorHeading({ code: 'new_code', message: '', platform: true })).toBe('The platform failed');
  });

  it('begins a range of time on a whole minute', () => {
    expect(sinceOf('1h', Date.parse('2026-01-01T10:30:45.500Z'))).toBe('2026-01-01T09:30:00.000Z');
    expect(sinceOf('ever', 0)).toBeUndefined();
  });
});
