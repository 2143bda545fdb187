import { type Schedule, scheduleSchema } from '@cronium/contracts';

import { newScheduleForm, toSchedule, toScheduleForm } from './schedule-form';

describe('the form of a schedule', () => {
  it.each<Schedule>([
    { kind: 'manual' },
    { kind: 'cron', expression: '0 2 * * *', timezone: 'Europe/Berlin', jitterSeconds: 0 },
    {
      kind: 'interval',
      everySeconds: 90,
      anchorAt: '2026-01-01T00:00:00Z',
      timezone: 'UTC',
      jitterSeconds: 30,
      maxExecutions: 5,
      startAt: '2026-01-01T00:00:00Z',
      endAt: '2027-01-01T00:00:00Z',
    },
    { kind: 'once', at: '2026-12-24T18:00:00', timezone: 'America/New_York' },
  ])('gives back what it was given: $kind', (schedule) => {
    expect(scheduleSchema.parse(toSchedule(toScheduleForm(schedule)))).toEqual(schedule);
  });

  it('shows an instant on the clock of the time zone', () => {
    const form = toScheduleForm({ kind: 'once', at: '2026-12-24T18:00:00Z', timezone: 'Europe/Berlin' });
    expect(form.at).toBe('2026-12-24T19:00:00');
  });

  it('adds the seconds that a field for times leaves out', () => {
    const form = { ...newScheduleForm(), kind: 'once' as const, at: '2026-12-24T18:00' };
    expect(toSchedule(form)).toMatchObject({ at: '2026-12-24T18:00:00' });
  });
});
