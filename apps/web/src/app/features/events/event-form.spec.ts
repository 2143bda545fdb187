import { createEventSchema, type Event } from '@cronium/contracts';

import {
  emptyRow,
  eventFormSchema,
  newEventForm,
  toCreateEvent,
  toEventForm,
  toUpdateEvent,
} from './event-form';

const server = '019abe00-0000-7000-8000-000000000001';
const paths = (form: ReturnType<typeof newEventForm>) =>
  (eventFormSchema.safeParse(form).error?.issues ?? []).map((issue) => issue.path.join('.'));

describe('the form of an event', () => {
  const valid = { ...newEventForm(), name: 'Backup', serverIds: [server] };

  it('accepts what the API accepts', () => {
    expect(paths(valid)).toEqual([]);
    expect(toCreateEvent(valid)).toMatchObject({ name: 'Backup', timeoutSeconds: 300, limits: {} });
  });

  it.each([
    [{ name: ' ' }, 'name'],
    [{ content: '' }, 'content'],
    [{ serverIds: [] }, 'serverIds'],
    [{ targetBy: 'tag' as const, serverTag: ' ' }, 'serverTag'],
    [{ timeoutSeconds: null }, 'timeoutSeconds'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds'],
    [{ setupTimeoutSeconds: null }, 'setupTimeoutSeconds'],
    [{ maxQueuedExecutions: null }, 'maxQueuedExecutions'],
    [{ maxConcurrentExecutions: 0 }, 'maxConcurrentExecutions'],
    [{ retry: { ...valid.retry, limit: 21 } }, 'retry.limit'],
    [{ retry: { ...valid.retry, exitCodes: '75, x' } }, 'retry.exitCodes'],
    [{ limits: { ...valid.limits, memoryMb: 1 } }, 'limits.memoryMb'],
    [{ environment: [{ ...emptyRow(), key: '1X', value: '' }] }, 'environment.0.key'],
    [
      {
        environment: [
          { ...emptyRow(), key: 'A' },
          { ...emptyRow(), key: 'A' },
        ],
      },
      'environment.1.key',
    ],
  ])('says at its field what is wrong with %j', (change, path) => {
    expect(paths({ ...valid, ...change })).toContain(path);
  });

  it('sends policies as the API has them, and reads them back', () => {
    const retry = { ...valid.retry, limit: 3, jitter: '0.25', exitCodes: '75, 111' };
    const body = toCreateEvent({ ...valid, overlapPolicy: 'queue', retry });
    expect(body).toMatchObject({
      overlapPolicy: 'queue',
      maxConcurrentExecutions: null,
      maxQueuedExecutions: 100,
      debounceSeconds: 0,
      retry: { limit: 3, delaySeconds: 10, jitter: 0.25, exitCodes: [75, 111] },
    });
    const event = createEventSchema.parse(body) as unknown as Event;
    expect(toEventForm(event)).toMatchObject({ overlapPolicy: 'queue', debounceSeconds: null, retry });
  });

  it('keeps a stored secret, unless it is replaced', () => {
    const event = {
      ...toCreateEvent(valid),
      serverTag: null,
      environment: [{ key: 'TOKEN', value: null, secret: true }],
      limits: { cpu: 0.5 },
    } as unknown as Event;
    const form = toEventForm(event);
    expect(form.limits).toMatchObject({ cpu: 0.5, memoryMb: null });
    expect(toUpdateEvent(form, 3)).toMatchObject({
      version: 3,
      environment: [{ key: 'TOKEN', value: null, secret: true }],
    });
    const row = form.environment[0] ?? emptyRow();
    form.environment = [{ ...row, replace: true, value: 'new' }];
    expect(toUpdateEvent(form, undefined).environment).toEqual([
      { key: 'TOKEN', value: 'new', secret: true },
    ]);
  });
});
