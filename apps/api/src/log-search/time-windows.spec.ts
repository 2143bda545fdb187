import { facetsOf, timesWithin } from './facets';
import { timeWindows } from './time-windows';

const now = Date.UTC(2026, 5, 15, 12, 30);
const hour = 3_600_000;
const day = 24 * hour;

describe('timeWindows', () => {
  it('go back without a gap, each longer than the one before', () => {
    const windows = [...timeWindows(undefined, new Date(now))];
    expect(windows[0]?.to.getTime()).toBe(now);
    expect(windows.at(-1)?.from.getTime()).toBe(0);
    windows.slice(1).forEach(({ to }, index) => expect(to).toEqual(windows[index]?.from));
    expect(windows).toHaveLength(8);
  });

  it('end where the search begins', () => {
    const windows = [...timeWindows(new Date(now - 2 * day), new Date(now))];
    expect(windows.map(({ from }) => (now - from.getTime()) / hour)).toEqual([1, 24, 48]);
    expect([...timeWindows(new Date(now), new Date(now))]).toEqual([]);
  });
});

describe('timesWithin', () => {
  const facets = (at: number) =>
    facetsOf({
      ...{ ownerId: '019abe00-0000-7000-8000-000000000011', eventId: null, serverId: null },
      ...{ state: 'succeeded', streams: new Set(), at: new Date(at) },
    });

  it.each([0.001, 1, 23.5, 36, 48, 24 * 60, 24 * 61, 24 * 340, 24 * 1600])(
    'names one time of every block within %s hours, and few in all',
    (hours) => {
      const from = now - hours * hour;
      const times = timesWithin(new Date(from), new Date(now)) ?? [];
      expect(times.length).toBeGreaterThan(0);
      expect(times.length).toBeLessThanOrEqual(63);
      for (let part = 0; part < 1000; part += 1) {
        const at = from + Math.floor((part / 1000) * hours * hour);
        expect(facets(at).filter((facet) => times.includes(facet))).toHaveLength(1);
      }
      expect(facets(now - 1).some((facet) => times.includes(facet))).toBe(true);
    },
  );

  it('names none of a longer time', () => {
    expect(timesWithin(new Date(0), new Date(now))).toBeUndefined();
  });
});
