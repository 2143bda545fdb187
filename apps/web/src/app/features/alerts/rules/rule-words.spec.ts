import type { AlertRule } from '@cronium/contracts';

import { conditionOf, recipientsOf } from './rule-words';

const rule = (change: Partial<AlertRule>): AlertRule => ({
  ...{ id: 'x', kind: 'disk_short', enabled: true, threshold: 90, criticalThreshold: null, forSeconds: 0 },
  ...{
    severity: 'warning',
    recipients: { who: 'owner' },
    channelIds: null,
    updatedAt: '2026-01-01T00:00:00Z',
  },
  ...change,
});

describe('words for a rule', () => {
  it.each<[Partial<AlertRule>, string]>([
    [{ forSeconds: 300, criticalThreshold: 97 }, '90 % or more, for 5 min, critical at 97 %'],
    [{ kind: 'did_not_run', threshold: null }, 'at once'],
    [{ kind: 'server_unhealthy', threshold: null, forSeconds: 90 }, 'for 90 s'],
    [{ kind: 'queue_growing', threshold: 1000 }, '1,000 jobs or more'],
    [{ kind: 'late_schedule', threshold: 7200 }, '2 h or longer'],
    [{ kind: 'failure_streak', threshold: 1 }, '1 execution or more'],
  ])('say when it is an alert: %j', (change, words) => {
    expect(conditionOf(rule(change))).toBe(words);
  });

  it('say who hears of it', () => {
    expect(recipientsOf(rule({}))).toBe('its owner');
    expect(recipientsOf(rule({ recipients: { who: 'users', userIds: ['a', 'b'] } }))).toBe('2 people');
  });
});
