import type { Schedule } from '@cronium/contracts';

import { byHour, type Planned, type Steps, upcomingRuns, type UpcomingRuns } from './upcoming-runs';
import { stopsOf } from '../calendars/calendar-stops';
import { nextRun } from './timetable';

const now = new Date('2026-03-10T10:20:00Z');

function planned(schedule: Schedule, change: Partial<Planned> = {}): Planned {
  const event = {
    id: '019abe00-0000-7000-8000-0000000000aa',
    schedule,
    createdAt: new Date('2026-03-01T00:00:00Z'),
    scheduledRuns: 0,
    misfirePolicy: 'run_once' as const,
    misfireWindowSeconds: 60,
    ...change,
  };
  return { ...event, nextPlannedAt: change.nextPlannedAt ?? nextRun(event, now)?.plannedAt ?? now };
}

/** To the end, and in how many steps. */
function drive<T>(steps: Steps<T>): { value: T; count: number } {
  for (let count = 0; ; count += 1) {
    const step = steps.next();
    if (step.done) return { value: step.value, count };
  }
}

const span = (from: string, to: string) => ({ from: Date.parse(from), to: Date.parse(to) });
const runsOf = (event: Planned, from: string, to: string, most?: number): UpcomingRuns =>
  drive(upcomingRuns(event, span(from, to), most)).value;
const cron = (expression: string, more: object = {}): Schedule => ({
  kind: 'cron',
  expression,
  timezone: 'Europe/Berlin',
  jitterSeconds: 0,
  ...more,
});
const interval = (everySeconds: number, more: object = {}): Schedule => ({
  kind: 'interval',
  everySeconds,
  timezone: 'UTC',
  jitterSeconds: 0,
  ...more,
});
const iso = ({ runs }: UpcomingRuns) => runs.map((run) => run.toISOString());

describe('upcoming runs', () => {
  it('are those of the span, over a change of the clocks', () => {
    expect(iso(runsOf(planned(cron('0 2 * * *')), '2026-03-28T00:00:00Z', '2026-03-31T00:00:00Z'))).toEqual([
      '2026-03-28T01:00:00.000Z',
      '2026-03-29T01:00:00.000Z',
      '2026-03-30T00:00:00.000Z',
    ]);
  });

  it('begin with the next one, also when the span begins before', () => {
    const event = planned(interval(3600), { nextPlannedAt: new Date('2026-03-10T12:00:00Z') });
    expect(iso(runsOf(event, '2026-03-10T10:00:00Z', '2026-03-10T14:00:00Z'))).toEqual([
      '2026-03-10T12:00:00.000Z',
      '2026-03-10T13:00:00.000Z',
    ]);
  });

  it('end with the maximum of the schedule, also when it is reached before the span', () => {
    const event = planned(interval(3600, { maxExecutions: 5 }), { scheduledRuns: 2 });
    expect(iso(runsOf(event, now.toISOString(), '2026-03-20T00:00:00Z'))).toEqual([
      '2026-03-10T11:00:00.000Z',
      '2026-03-10T12:00:00.000Z',
      '2026-03-10T13:00:00.000Z',
    ]);
    expect(runsOf(event, '2026-03-11T00:00:00Z', '2026-03-20T00:00:00Z')).toEqual({ runs: [], hours: [] });
  });

  it('are shifted by their jitter, into the span and out of it', () => {
    const event = planned(cron('0 * * * *', { jitterSeconds: 3600 }));
    const all = runsOf(event, now.toISOString(), '2026-03-12T00:00:00Z').runs;
    const later = runsOf(event, '2026-03-11T00:30:00Z', '2026-03-12T00:00:00Z').runs;
    expect(later).toEqual(all.filter((run) => run.getTime() >= Date.parse('2026-03-11T00:30:00Z')));
    expect(later.length).toBeGreaterThan(20);
  });

  it.each<[string, Schedule]>([
    ['an interval of 7 seconds', interval(7)],
    ['an interval of 7 seconds with an end', interval(7, { endAt: '2026-03-10T13:05:03Z' })],
    ['every minute', cron('* * * * *')],
    ['every 10 seconds of the minutes 0 to 4', cron('*/10 0-4 * * * *')],
    ['every 5 minutes in office hours', cron('*/5 9-17 * * MON-FRI')],
  ])('are counted by the hour when they are many: %s', (_, schedule) => {
    const event = planned(schedule);
    const [from, to] = [now.toISOString(), '2026-03-11T10:20:00Z'];
    const single = runsOf(event, from, to, Infinity).runs;
    const { value, count } = drive(upcomingRuns(event, span(from, to), 20));
    expect(value.runs).toEqual([]);
    expect(value.hours).toEqual(byHour(single));
    expect(count).toBeLessThan(250);
  });

  it('leave out what a calendar stops, one by one or by the minute', () => {
    const holiday = {
      ...{ id: 'c', name: 'Maintenance', kind: 'blackout' as const, timezone: 'UTC' },
      rules: [
        {
          ...{ kind: 'window' as const, label: '' },
          ...{ from: '2026-03-10T12:30:00Z', to: '2026-03-10T15:10:00Z' },
        },
      ],
    };
    const stops = stopsOf([holiday]);
    const hourly = planned(interval(3600, { maxExecutions: 4 }), { stops });
    expect(iso(runsOf(hourly, now.toISOString(), '2026-03-11T00:00:00Z'))).toEqual([
      '2026-03-10T11:00:00.000Z',
      '2026-03-10T12:00:00.000Z',
      '2026-03-10T16:00:00.000Z',
      '2026-03-10T17:00:00.000Z',
    ]);
    for (const schedule of [interval(60), cron('* * * * *')]) {
      const { hours } = runsOf(planned(schedule, { stops }), now.toISOString(), '2026-03-10T17:00:00Z', 20);
      expect(hours.map(({ at, count }) => [at.getUTCHours(), count])).toEqual([
        [10, 39],
        [11, 60],
        [12, 30],
        [15, 50],
        [16, 60],
      ]);
    }
  });

  it('of every second in a month take few steps', () => {
    const month = span(now.toISOString(), '2026-04-10T10:00:00Z');
    for (const schedule of [interval(1), cron('* * * * * *')]) {
      const { value, count } = drive(upcomingRuns(planned(schedule), month));
      expect(value.hours).toHaveLength(744);
      expect(value.hours.at(-1)).toEqual({ at: new Date('2026-04-10T09:00:00Z'), count: 3600 });
      expect(count).toBeLessThan(1200);
    }
  });
});
