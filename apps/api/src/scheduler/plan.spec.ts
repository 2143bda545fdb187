import { type ScheduleInput, scheduleSchema } from '@cronium/contracts';

import { isSameSchedule } from './plan';

const same = (one: ScheduleInput, other: ScheduleInput) =>
  isSameSchedule(scheduleSchema.parse(one), scheduleSchema.parse(other));

describe('isSameSchedule', () => {
  const night: ScheduleInput = { kind: 'cron', expression: '0 2 * * *', timezone: 'Europe/Berlin' };

  it('knows a schedule again, however it is written', () => {
    expect(
      same(night, { timezone: 'Europe/Berlin', jitterSeconds: 0, kind: 'cron', expression: ' 0 2 * * * ' }),
    ).toBe(true);
    expect(
      same(
        { kind: 'once', at: '2026-12-24T18:00:00Z' },
        { kind: 'once', at: '2026-12-24T19:00:00', timezone: 'Europe/Berlin' },
      ),
    ).toBe(true);
  });

  it.each<[ScheduleInput]>([
    [{ ...night, timezone: 'UTC' }],
    [{ ...night, expression: '0 3 * * *' }],
    [{ ...night, jitterSeconds: 60 }],
    [{ ...night, maxExecutions: 3 }],
    [{ kind: 'manual' }],
    [{ kind: 'once', at: '2026-12-24T18:00:00Z' }],
  ])('tells another: %j', (other) => {
    expect(same(night, other)).toBe(false);
  });
});
