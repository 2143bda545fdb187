import { retrySchema } from './retry';
import { createEventSchema, eventBounds, updateEventSchema } from './event';
import { refusals } from './refusals-fixture';

const event = { name: 'Nightly backup', type: 'BASH', content: 'true' };
const id = '01981f5e-0000-7000-8000-000000000001';

describe('createEventSchema', () => {
  it('needs a name, a type and a script, and has a default for the rest', () => {
    expect(createEventSchema.parse(event)).toEqual({
      ...event,
      description: '',
      serverTag: null,
      calendarIds: [],
      targetStrategy: 'all',
      schedule: { kind: 'manual' },
      paused: false,
      overlapPolicy: 'allow',
      maxConcurrentExecutions: null,
      maxQueuedExecutions: 100,
      priority: 'normal',
      retry: retrySchema.parse({}),
      debounceSeconds: 0,
      coalesce: false,
      setupTimeoutSeconds: 120,
      cleanupTimeoutSeconds: 5,
      misfirePolicy: 'run_once',
      misfireWindowSeconds: eventBounds.misfireWindowSeconds.default,
      timeoutSeconds: eventBounds.timeoutSeconds.default,
      environment: [],
      limits: {},
      tags: [],
    });
  });

  it.each([
    [{ name: '  ' }, 'name', 'Give the event a name.'],
    [{ content: '' }, 'content', 'Write a script.'],
    [
      { schedule: { kind: 'cron', expression: ' ' } },
      'schedule.expression',
      'Write a cron expression, for example 0 2 * * *.',
    ],
    [
      { schedule: { kind: 'cron', expression: '@daily', timezone: '+02:00' } },
      'schedule.timezone',
      'Give the name of a time zone, for example Europe/Berlin.',
    ],
    [
      {
        schedule: {
          kind: 'interval',
          everySeconds: 60,
          startAt: '2026-01-02T00:00:00Z',
          endAt: '2026-01-01T00:00:00Z',
        },
      },
      'schedule.endAt',
      'The end must be after the start.',
    ],
    [{ serverIds: [] }, 'serverIds', 'Choose at least one server.'],
    [{ serverIds: [id, id] }, 'serverIds', 'Name each server once.'],
    [{ serverIds: [id], serverTag: 'web' }, 'serverTag', 'Choose servers or a tag, not both.'],
    [
      { environment: [{ key: '1A', value: '' }] },
      'environment.0.key',
      'Use letters, digits and underscores, not starting with a digit.',
    ],
    [
      { environment: [{ key: 'CRONIUM_JOB', value: '' }] },
      'environment.0.key',
      'Names that start with CRONIUM_ are the platform’s own.',
    ],
    [
      { environment: [{ key: 'A', value: 'a\0b' }] },
      'environment.0.value',
      'An environment value cannot hold a NUL character.',
    ],
    [
      { environment: [{ key: 'A', value: null }] },
      'environment.0.value',
      'Give a value; null stands only for a secret that is already stored.',
    ],
    [
      {
        environment: [
          { key: 'A', value: '1' },
          { key: 'A', value: '2' },
        ],
      },
      'environment.1.key',
      '“A” is there twice; remove one of them.',
    ],
  ])('refuses %j, and names the field', (change, path, message) => {
    expect(refusals(createEventSchema, { ...event, ...change })).toEqual([{ path, message }]);
  });

  it('refuses what it does not know', () => {
    expect(refusals(createEventSchema, { ...event, surprise: 1 })).toEqual([
      { path: '', message: expect.stringContaining('surprise') },
    ]);
  });
});

describe('updateEventSchema', () => {
  it('leaves alone what is left out', () => {
    expect(updateEventSchema.parse({ name: 'Hourly backup' })).toEqual({ name: 'Hourly backup' });
  });
});
