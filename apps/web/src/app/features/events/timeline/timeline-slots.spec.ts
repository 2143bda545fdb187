import type { ExecutionSummary, UpcomingEvent } from '@cronium/contracts';

import { timelineSlots } from './timeline-slots';

const at = (time: string) => `2026-01-01T${time}Z`;
const span = { from: Date.parse(at('00:00:00')), to: Date.parse(at('12:00:00')) };

const ran = (change: Partial<ExecutionSummary>): ExecutionSummary => ({
  id: '019abe00-0000-7000-8000-000000000001',
  eventId: null,
  eventName: 'Event',
  eventType: 'BASH',
  version: 1,
  state: 'succeeded',
  trigger: 'schedule',
  triggeredBy: null,
  triggers: 1,
  plannedAt: null,
  createdAt: at('01:00:00'),
  startedAt: null,
  lateSeconds: null,
  endedAt: null,
  servers: [],
  error: null,
  exitCode: null,
  waitingFor: null,
  ...change,
});

const planned = (change: Partial<UpcomingEvent>): UpcomingEvent =>
  ({ runs: [], hours: [], paused: false, ...change }) as unknown as UpcomingEvent;

describe('the slots of a timeline', () => {
  it('have what ran at its planned time, with how late and how long it was', () => {
    const [slot] = timelineSlots(
      [
        ran({
          ...{ plannedAt: at('02:00:00'), createdAt: at('02:00:00'), startedAt: at('02:01:30') },
          ...{ endedAt: at('02:01:34'), state: 'failed', exitCode: 3 },
        }),
      ],
      undefined,
      span,
      12,
    );
    expect(slot).toMatchObject({ from: Date.parse(at('02:00:00')), tone: 'failed', label: '1 failed' });
    expect(slot?.marks[0]?.detail).toBe('started 1m 30s after its time; took 4.0 s; exit code 3');
  });

  it('say why a run was skipped', () => {
    const error = { code: 'missed', message: 'Cronium did not run.', platform: false };
    const [slot] = timelineSlots([ran({ state: 'skipped', error })], undefined, span, 12);
    expect(slot).toMatchObject({ tone: 'skipped', label: '1 skipped' });
    expect(slot?.marks[0]?.detail).toBe('Cronium did not run.');
  });

  it('have the tone of the worst, and count each', () => {
    const runs = [
      ran({}),
      ran({ createdAt: at('01:10:00') }),
      ran({ createdAt: at('01:20:00'), state: 'lost' }),
    ];
    const event = planned({ runs: [at('01:50:00')] });
    const [slot] = timelineSlots(runs, event, span, 12);
    expect(slot).toMatchObject({ tone: 'lost', label: '2 succeeded, 1 lost, 1 planned' });
    expect(slot?.marks).toHaveLength(4);
  });

  it('tell what is planned, one by one or by the hour, and that it is paused', () => {
    const event = planned({
      runs: [at('03:00:00')],
      hours: [{ at: at('05:00:00'), count: 60 }],
      paused: true,
    });
    const slots = timelineSlots([], event, span, 12);
    expect(slots.map(({ tone, label }) => [tone, label])).toEqual([
      ['planned', '1 planned'],
      ['planned', '60 planned'],
    ]);
    expect(slots[1]?.marks[0]?.detail).toBe('60 runs in this hour; paused: it is not started');
  });

  it('leave out what is outside', () => {
    expect(timelineSlots([ran({ createdAt: at('12:00:00') })], undefined, span, 12)).toEqual([]);
  });
});
