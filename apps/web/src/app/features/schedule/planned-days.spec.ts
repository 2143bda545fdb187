import type { Upcoming, UpcomingEvent } from '@cronium/contracts';

import { plannedDays } from './planned-days';

const server = { id: 'server-1', name: 'web-1', type: 'container' as const };

function event(name: string, change: Partial<UpcomingEvent> = {}): UpcomingEvent {
  return {
    id: name,
    name,
    type: 'BASH',
    servers: [server],
    serverTag: null,
    targetStrategy: 'all',
    schedule: { kind: 'manual' },
    paused: false,
    owner: { id: 'owner', name: 'Ada' },
    description: '',
    runs: [],
    hours: [],
    ...change,
  };
}

function upcoming(events: UpcomingEvent[], maxConcurrentJobs = 2): Upcoming {
  const servers = [{ id: server.id, name: server.name, maxConcurrentJobs }];
  return { from: '', to: '', events, servers, omittedEvents: 0 };
}

const at = (time: string) => `2026-03-29T${time}Z`;

describe('planned days', () => {
  it('put each run in its hour of the zone, also on a day of 23 hours', () => {
    const planned = upcoming([event('a', { runs: [at('00:30:00'), at('01:00:00'), at('21:59:00')] })]);
    const [day] = plannedDays(planned, ['2026-03-29'], 'Europe/Berlin');
    expect(day?.hours).toHaveLength(23);
    const busy = day?.hours.filter(({ runs }) => runs.length > 0).map(({ time }) => time);
    expect(busy).toEqual(['01:00', '03:00', '23:00']);
    expect(day?.load).toBe(3);
  });

  it('keep hours whole where a day does not begin with an hour of UTC', () => {
    const planned = upcoming([event('a', { runs: [at('18:30:00'), at('19:29:00')] })]);
    const [, day] = plannedDays(planned, ['2026-03-29', '2026-03-30'], 'Asia/Kolkata');
    expect(day?.hours[0]).toMatchObject({ time: '00:00', load: 2 });
  });

  it('count what runs often, and no run of a paused event', () => {
    const planned = upcoming([
      event('often', { hours: [{ at: at('04:00:00'), count: 60 }] }),
      event('paused', { paused: true, runs: [at('04:10:00')] }),
      event('one', { runs: [at('04:20:00')] }),
    ]);
    const [day] = plannedDays(planned, ['2026-03-29'], 'UTC');
    expect(day?.hours[4]).toMatchObject({ load: 61, clash: 'none' });
    expect(day?.hours[4]?.runs.map((run) => run.event.name)).toEqual(['paused', 'one']);
  });

  it.each<[string, UpcomingEvent[], number, string, RegExp | null]>([
    [
      'two events of a server in one minute',
      [event('a', { runs: [at('04:00:00')] }), event('b', { runs: [at('04:00:40')] })],
      2,
      'together',
      /2 runs start on web-1 in this minute: “a”, “b”\.$/,
    ],
    [
      'more than the server runs at one time',
      [event('a', { runs: [at('04:00:00')] }), event('b', { runs: [at('04:00:00')] })],
      1,
      'too many',
      /It runs 1 at one time/,
    ],
    [
      'two minutes',
      [event('a', { runs: [at('04:00:00')] }), event('b', { runs: [at('04:01:00')] })],
      1,
      'none',
      null,
    ],
    [
      'one that is paused',
      [event('a', { runs: [at('04:00:00')] }), event('b', { runs: [at('04:00:00')], paused: true })],
      1,
      'none',
      null,
    ],
    [
      'another server',
      [
        event('a', { runs: [at('04:00:00')] }),
        event('b', { runs: [at('04:00:00')], servers: [{ ...server, id: 'server-2' }] }),
      ],
      1,
      'none',
      null,
    ],
    [
      'the same tag',
      ['a', 'b'].map((name) => event(name, { servers: [], serverTag: 'x', runs: [at('04:00:00')] })),
      1,
      'together',
      /servers with the tag “x”/,
    ],
    [
      'a server that is chosen when they start',
      ['a', 'b'].map((name) =>
        event(name, {
          servers: [server, { ...server, id: 'server-2' }],
          targetStrategy: 'any',
          runs: [at('04:00:00')],
        }),
      ),
      1,
      'none',
      null,
    ],
  ])('tell which runs meet: %s', (_, events, maxConcurrentJobs, clash, text) => {
    const [day] = plannedDays(upcoming(events, maxConcurrentJobs), ['2026-03-29'], 'UTC');
    expect(day?.hours[4]?.clash).toBe(clash);
    const found = day?.hours[4]?.runs[0]?.clash?.text;
    if (text) expect(found).toMatch(text);
    else expect(found).toBeUndefined();
  });
});
