import { createEventSchema, type EventVersion } from '@cronium/contracts';

import { fieldChanges } from './field-changes';

function version(change: Partial<EventVersion> = {}): EventVersion {
  const {
    note: _,
    serverIds: __,
    environment: ___,
    ...defaults
  } = createEventSchema.parse({
    name: 'Backup',
    type: 'BASH',
    content: 'true',
  });
  return {
    ...defaults,
    serverIds: [],
    servers: [],
    calendars: [],
    environment: [],
    version: 1,
    at: '2026-01-01T00:00:00.000Z',
    author: null,
    note: null,
    ...change,
  };
}

const server = (name: string) => ({ id: name, name, type: 'container' as const });

describe('what two versions of an event differ in', () => {
  it.each<[string, Partial<EventVersion>, string, string, string]>([
    ['name', { name: 'Copy' }, 'Name', 'Backup', 'Copy'],
    ['type', { type: 'PYTHON' }, 'Type', 'Bash', 'Python'],
    ['paused', { paused: true }, 'Paused', 'No', 'Yes'],
    ['timeout', { timeoutSeconds: 90 }, 'Timeout', '5m 00s', '1m 30s'],
    ['limits', { limits: { memoryMb: 64 } }, 'Limits', 'the server’s', 'Memory (MiB) 64'],
    ['tags', { tags: ['a', 'b'] }, 'Tags', 'none', 'a, b'],
    [
      'schedule',
      {
        schedule: {
          ...{ kind: 'interval', everySeconds: 3600, timezone: 'UTC', jitterSeconds: 30 },
          maxExecutions: 3,
        },
      },
      'Schedule',
      'Only by hand or through the API',
      'Every 1h 00m, at most 3 times, up to 30 s later',
    ],
    [
      'servers',
      { serverIds: ['web', 'db'], servers: [server('web'), server('db')] },
      'Servers',
      'none',
      'web, db',
    ],
    [
      'calendars',
      { calendarIds: ['c'], calendars: [{ id: 'c', name: 'Holidays' }] },
      'Calendars',
      'none',
      'Holidays',
    ],
    ['a tag of servers', { serverTag: 'gpu' }, 'Server tag', 'none', 'gpu'],
    [
      'a new variable',
      { environment: [{ key: 'A', value: '1', secret: false }] },
      'Environment, A',
      'none',
      '1',
    ],
    [
      'a new secret',
      { environment: [{ key: 'A', value: null, secret: true }] },
      'Environment, A',
      'none',
      'a secret',
    ],
  ])('%s', (_, change, label, before, after) => {
    expect(fieldChanges(version(), version(change))).toEqual([{ label, before, after }]);
  });

  it('tells each variable, and their order when that is all', () => {
    const entries = ['A', 'B'].map((key) => ({ key, value: key, secret: false }));
    const one = version({ environment: entries });
    const other = version({ environment: [...entries].reverse() });
    expect(fieldChanges(one, other)).toEqual([
      { label: 'Environment, order', before: 'A, B', after: 'B, A' },
    ]);
    expect(fieldChanges(version(), one).map(({ label }) => label)).toEqual([
      'Environment, A',
      'Environment, B',
    ]);
  });

  it('tells nothing of the script, and nothing of versions that are the same', () => {
    expect(fieldChanges(version(), version({ content: 'false' }))).toEqual([]);
  });
});
