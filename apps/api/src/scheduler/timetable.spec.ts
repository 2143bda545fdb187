import {
  type CalendarRule,
  type MisfirePolicy,
  type ScheduleInput,
  scheduleSchema,
} from '@cronium/contracts';

import { type CalendarTimes, stopsOf } from '../calendars/calendar-stops';
import { dueRuns, firstOpenRun, nextRun, type Scheduled } from './timetable';

const hourly: ScheduleInput = { kind: 'cron', expression: '0 * * * *' };
const event = (schedule: ScheduleInput, change: Partial<Scheduled> = {}): Scheduled => ({
  id: '019abe00-0000-7000-8000-000000000001',
  schedule: scheduleSchema.parse(schedule),
  createdAt: new Date('2026-01-01T00:00:00Z'),
  scheduledRuns: 0,
  misfirePolicy: 'run_once',
  misfireWindowSeconds: 86_400,
  ...change,
});
const at = (time: string) => new Date(`2026-05-01T${time}Z`);
const clock = (dates: readonly Date[]) => dates.map((date) => date.toISOString().slice(11, 16));

describe('nextRun', () => {
  it('is over after the maximum of executions', () => {
    const limited = { ...hourly, maxExecutions: 2 };
    expect(nextRun(event(limited, { scheduledRuns: 1 }), at('10:30:00'))).toEqual({
      plannedAt: at('11:00:00'),
      runAt: at('11:00:00'),
    });
    expect(nextRun(event(limited, { scheduledRuns: 2 }), at('10:30:00'))).toBeNull();
  });

  it('spreads the runs of different events, and shifts one run always alike', () => {
    const spread = { ...hourly, jitterSeconds: 600 };
    const shifts = Array.from({ length: 200 }, (_, index) => {
      const run = nextRun(event(spread, { id: String(index) }), at('10:30:00'));
      expect(run).toEqual(nextRun(event(spread, { id: String(index) }), at('10:30:00')));
      expect(run?.plannedAt).toEqual(at('11:00:00'));
      return (run?.runAt.getTime() ?? 0) - at('11:00:00').getTime();
    });
    expect(Math.min(...shifts)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...shifts)).toBeLessThan(60_000);
    expect(Math.max(...shifts)).toBeLessThan(600_000);
    expect(Math.max(...shifts)).toBeGreaterThan(540_000);
    expect(new Set(shifts).size).toBeGreaterThan(190);
  });
});

describe('dueRuns', () => {
  it('starts the one that is on time', () => {
    const due = dueRuns(event(hourly), at('10:00:00'), at('10:00:00.030'));
    expect(clock(due.start)).toEqual(['10:00']);
    expect(due).toMatchObject({ missed: [], missedBefore: 0, next: { plannedAt: at('11:00:00') } });
  });

  it.each<[MisfirePolicy, string, string[], string[]]>([
    // Down from before 06:00 until the given time.
    ['skip', '09:30:00', [], ['06:00', '07:00', '08:00', '09:00']],
    ['run_once', '09:30:00', ['09:00'], ['06:00', '07:00', '08:00']],
    ['run_all', '09:30:00', ['06:00', '07:00', '08:00', '09:00'], []],
    // The one of 09:00 is on time.
    ['skip', '09:00:20', ['09:00'], ['06:00', '07:00', '08:00']],
    ['run_once', '09:00:20', ['09:00'], ['06:00', '07:00', '08:00']],
    ['run_all', '09:00:20', ['06:00', '07:00', '08:00', '09:00'], []],
  ])('with %s, back at %s: starts %j, records %j', (misfirePolicy, now, start, missed) => {
    const due = dueRuns(event(hourly, { misfirePolicy }), at('06:00:00'), at(now));
    expect([clock(due.start), clock(due.missed)]).toEqual([start, missed]);
    expect(due.next?.plannedAt).toEqual(at('10:00:00'));
  });

  it('makes up for nothing that is older than the window', () => {
    const short = event(hourly, { misfirePolicy: 'run_all', misfireWindowSeconds: 7200 });
    const due = dueRuns(short, at('06:00:00'), at('09:30:00'));
    expect([clock(due.start), clock(due.missed)]).toEqual([
      ['08:00', '09:00'],
      ['06:00', '07:00'],
    ]);
  });

  it('does not flood after a long time', () => {
    const all = event(
      { kind: 'cron', expression: '* * * * *' },
      { misfirePolicy: 'run_all', misfireWindowSeconds: 1e7 },
    );
    const due = dueRuns(all, at('06:00:00'), at('12:30:30'));
    expect(due.start).toHaveLength(101);
    expect(due.missed).toHaveLength(100);
    expect(due.missedBefore).toBe(391 - 201);
    expect(due.next?.plannedAt).toEqual(at('12:31:00'));
  });

  it('does not count a year of seconds out', () => {
    const second = event({ kind: 'interval', everySeconds: 1 }, { misfirePolicy: 'skip' });
    const due = dueRuns(second, new Date('2025-05-01T00:00:00Z'), at('12:00:00'));
    expect(due.missedBefore).toBeGreaterThan(9000);
    expect(due.missed.length).toBeLessThanOrEqual(100);
    expect(due.next?.plannedAt).toEqual(at('12:00:01'));
  });

  it('starts no more than the maximum, and then is over', () => {
    const limited = event({ ...hourly, maxExecutions: 5 }, { misfirePolicy: 'run_all', scheduledRuns: 3 });
    const due = dueRuns(limited, at('06:00:00'), at('09:30:00'));
    expect(clock(due.start)).toEqual(['06:00', '07:00']);
    expect(due).toMatchObject({ missed: [], missedBefore: 0, next: null });
  });

  it('waits for a run whose jitter has not passed', () => {
    const spread = event({ ...hourly, jitterSeconds: 3000 });
    const run = nextRun(spread, at('09:30:00'));
    const before = new Date((run?.runAt.getTime() ?? 0) - 1);
    expect(dueRuns(spread, at('10:00:00'), before)).toMatchObject({ start: [], missed: [], next: run });
    expect(clock(dueRuns(spread, at('10:00:00'), run?.runAt ?? before).start)).toEqual(['10:00']);
  });

  it('repeats nothing when the clock is set back', () => {
    const due = dueRuns(event(hourly), at('10:00:00'), at('08:00:00'));
    expect(due).toEqual({
      start: [],
      missed: [],
      missedBefore: 0,
      stopped: [],
      stoppedBefore: 0,
      next: { plannedAt: at('10:00:00'), runAt: at('10:00:00') },
    });
  });
});

describe('with a calendar', () => {
  const calendar = (kind: CalendarTimes['kind'], ...rules: CalendarRule[]) =>
    stopsOf([{ id: '019abe00-0000-7000-8000-000000000002', name: 'Quiet', kind, timezone: 'UTC', rules }]);
  const early: CalendarRule = { kind: 'weekly', days: ['fri'], from: '00:00', to: '08:00', label: '' };
  const stops = () => calendar('blackout', early);

  it('starts and misses nothing that it stops, late or not', () => {
    const due = dueRuns(event(hourly, { misfirePolicy: 'run_all' }), at('06:00:00'), at('09:30:00'), {
      stops: stops(),
    });
    expect([clock(due.start), clock(due.missed)]).toEqual([['08:00', '09:00'], []]);
    expect(clock(due.stopped.map(({ plannedAt }) => plannedAt))).toEqual(['06:00', '07:00']);
    const onTime = dueRuns(event(hourly), at('07:00:00'), at('07:00:00.030'), { stops: stops() });
    expect(onTime).toMatchObject({ start: [], stopped: [{ plannedAt: at('07:00:00') }], missed: [] });
  });

  it('does not count what it stops against the maximum', () => {
    const limited = event({ ...hourly, maxExecutions: 1 }, { misfirePolicy: 'run_all' });
    const due = dueRuns(limited, at('06:00:00'), at('09:30:00'), { stops: stops() });
    expect(clock(due.start)).toEqual(['08:00']);
    expect(due.stopped).toHaveLength(2);
    expect(due.next).toBeNull();
    expect(dueRuns(limited, at('06:00:00'), at('07:30:00'), { stops: stops() }).next).toMatchObject({
      plannedAt: at('08:00:00'),
    });
  });

  it('counts nothing that may not start', () => {
    const limited = event({ ...hourly, maxExecutions: 1 }, { misfirePolicy: 'run_all' });
    const due = dueRuns(limited, at('08:00:00'), at('09:30:00'), { mayStart: false });
    expect(clock(due.start)).toEqual(['08:00', '09:00']);
    expect(due.next?.plannedAt).toEqual(at('10:00:00'));
  });

  it('keeps of very many the latest, and counts the others', () => {
    const second = event({ kind: 'interval', everySeconds: 1 });
    const due = dueRuns(second, at('06:00:00'), at('06:10:00'), { stops: stops() });
    expect([due.start.length, due.missed.length, due.stopped.length, due.stoppedBefore]).toEqual([
      0, 0, 100, 501,
    ]);
  });

  it.each<[string, ScheduleInput, CalendarTimes['kind'], CalendarRule, string | null]>([
    ['by the second, over hours', { kind: 'interval', everySeconds: 1 }, 'blackout', early, '08:00'],
    ['one that it lets through', { kind: 'cron', expression: '30 9 * * *' }, 'blackout', early, '09:30'],
    ['never', { kind: 'cron', expression: '30 9 * * *' }, 'allow_only', early, null],
    [
      'no more',
      hourly,
      'allow_only',
      { kind: 'dates', from: '2020-01-01', to: '2020-01-02', label: '' },
      null,
    ],
  ])('finds the next that runs: %s', (_, schedule, kind, rule, expected) => {
    const run = nextRun(event(schedule), at('06:10:00'));
    const open = run && firstOpenRun(event(schedule), run, calendar(kind, rule));
    expect(open ? open.plannedAt.toISOString().slice(11, 16) : null).toBe(expected);
  });
});
