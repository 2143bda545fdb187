import { isFor, isWithin, type SilenceWindow, stateOf } from './silence-windows';

const at = (text: string) => new Date(text);

describe('a silence', () => {
  const once: SilenceWindow = {
    startsAt: at('2026-03-01T10:00:00Z'),
    endsAt: at('2026-03-01T11:00:00Z'),
    weekly: false,
    timezone: 'UTC',
  };

  it.each([
    ['2026-03-01T09:59:59Z', false, 'planned'],
    ['2026-03-01T10:00:00Z', true, 'active'],
    ['2026-03-01T10:59:59Z', true, 'active'],
    ['2026-03-01T11:00:00Z', false, 'over'],
    ['2026-03-08T10:30:00Z', false, 'over'],
  ])('holds from its start to before its end: at %s %s', (now, holds, state) => {
    expect(isWithin(once, at(now))).toBe(holds);
    expect(stateOf(once, at(now))).toBe(state);
  });

  it('that repeats holds in the same hours of each week, and is planned in between', () => {
    const weekly = { ...once, weekly: true };
    expect(isWithin(weekly, at('2026-02-22T10:30:00Z'))).toBe(false);
    expect(isWithin(weekly, at('2026-03-08T10:30:00Z'))).toBe(true);
    expect(isWithin(weekly, at('2026-03-08T11:00:00Z'))).toBe(false);
    expect(stateOf(weekly, at('2026-03-09T10:30:00Z'))).toBe('planned');
    expect(isWithin(weekly, at('2030-03-03T10:00:00Z'))).toBe(true);
  });

  describe('in Berlin, on Sundays from 01:00 to 04:00, where the clocks are changed at 02:00 and 03:00', () => {
    const berlin: SilenceWindow = {
      startsAt: at('2026-03-08T01:00:00+01:00'),
      endsAt: at('2026-03-08T04:00:00+01:00'),
      weekly: true,
      timezone: 'Europe/Berlin',
    };

    it.each([
      ['the week before', '2026-03-22T01:00:00+01:00', '2026-03-22T04:00:00+01:00'],
      // 02:00 becomes 03:00: two hours.
      ['in spring', '2026-03-29T01:00:00+01:00', '2026-03-29T04:00:00+02:00'],
      ['in summer', '2026-07-05T01:00:00+02:00', '2026-07-05T04:00:00+02:00'],
      // 03:00 becomes 02:00: four hours.
      ['in autumn', '2026-10-25T01:00:00+02:00', '2026-10-25T04:00:00+01:00'],
      ['after it', '2026-11-01T01:00:00+01:00', '2026-11-01T04:00:00+01:00'],
    ])('%s it holds from %s to %s', (_, start, end) => {
      const [first, after] = [at(start).getTime(), at(end).getTime()];
      expect(isWithin(berlin, new Date(first - 1))).toBe(false);
      for (let now = first; now < after; now += 15 * 60_000)
        expect([new Date(now).toISOString(), isWithin(berlin, new Date(now))]).toEqual([
          new Date(now).toISOString(),
          true,
        ]);
      expect(isWithin(berlin, new Date(after))).toBe(false);
    });

    it('falls out when its hour is skipped', () => {
      const skipped = {
        ...berlin,
        startsAt: at('2026-03-08T02:00:00+01:00'),
        endsAt: at('2026-03-08T03:00:00+01:00'),
      };
      for (let minute = -60; minute <= 60; minute += 15)
        expect(isWithin(skipped, new Date(at('2026-03-29T01:00:00Z').getTime() + minute * 60_000))).toBe(
          false,
        );
      expect(isWithin(skipped, at('2026-04-05T02:30:00+02:00'))).toBe(true);
    });
  });

  it('is for the alerts that it names, by kind, server and event', () => {
    const all = { kind: null, serverId: null, eventId: null };
    const unhealthy = { kind: 'server_unhealthy', subject: { serverId: 'a' } } as const;
    const streak = { kind: 'failure_streak', subject: { eventId: 'b' } } as const;
    const backup = { kind: 'backup_old', subject: 'system' } as const;
    expect([unhealthy, streak, backup].map((alert) => isFor(all, alert))).toEqual([true, true, true]);
    const ofServer = { ...all, serverId: 'a' };
    expect([unhealthy, streak, backup].map((alert) => isFor(ofServer, alert))).toEqual([true, false, false]);
    const ofEvent = { ...all, eventId: 'b', kind: 'failure_streak' } as const;
    expect([unhealthy, streak, backup].map((alert) => isFor(ofEvent, alert))).toEqual([false, true, false]);
    expect(isFor({ ...ofEvent, kind: 'did_not_run' }, streak)).toBe(false);
  });
});
