import type { AlertKind } from '@cronium/contracts';

import { noSubject } from '../alert-records';
import { decide, mostFindings } from './decide';
import type { Finding, KnownCondition, Present, Rule, UnresolvedAlert } from './present';

const now = new Date('2026-05-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const server = '018f0000-0000-7000-8000-000000000001';
const event = '018f0000-0000-7000-8000-000000000002';

const rule = (kind: AlertKind, more: Partial<Rule> = {}): Rule => ({
  ...{ kind, threshold: null, criticalThreshold: null, forSeconds: 0, severity: 'warning' },
  ...more,
});
const finding = (kind: AlertKind, more: Partial<Finding> = {}): Finding => ({
  ...{ kind, serverId: server, eventId: null, name: 'Web', value: null, holds: true, details: {} },
  ...more,
});
const condition = (kind: AlertKind, since: Date, seenAt = ago(60)): KnownCondition => ({
  ...{ kind, subjectId: server, since, seenAt },
});
const alert = (kind: AlertKind, more: Partial<UnresolvedAlert> = {}): UnresolvedAlert => ({
  ...{ id: 'alert', kind, serverId: server, eventId: null, details: {}, isUntold: false },
  ...more,
});
const decideOn = (present: Partial<Present>) =>
  decide({ now, rules: [], findings: [], conditions: [], unresolved: [], nextDeliveryAt: null, ...present });

describe('what is decided of conditions', () => {
  it('is nothing when nothing is wrong', () => {
    expect(decideOn({ rules: [rule('server_unhealthy')] })).toEqual({
      ...{ holding: [], over: [], raise: [], resolve: [], untold: [] },
    });
  });

  it.each([
    ['was not seen before', undefined, 0],
    ['has lasted less than its rule says', condition('server_unhealthy', ago(119)), 0],
    ['has lasted as long as its rule says', condition('server_unhealthy', ago(120)), 1],
    ['was not seen for longer than five minutes', condition('server_unhealthy', ago(900), ago(301)), 0],
    ['was seen within five minutes', condition('server_unhealthy', ago(900), ago(300)), 1],
  ])('raises one that lasts: one that %s', (_, known, raised) => {
    const { raise, holding } = decideOn({
      rules: [rule('server_unhealthy', { forSeconds: 120, severity: 'critical' })],
      findings: [finding('server_unhealthy')],
      conditions: known ? [known] : [],
    });
    expect(raise).toHaveLength(raised);
    expect(holding).toMatchObject([{ kind: 'server_unhealthy', subjectId: server, seenAt: now }]);
  });

  it('takes the severity of the rule, and critical from the critical threshold on', () => {
    const severityAt = (value: number, criticalThreshold: number | null) =>
      decideOn({
        rules: [rule('failure_streak', { threshold: 3, criticalThreshold, severity: 'info' })],
        findings: [finding('failure_streak', { serverId: null, eventId: event, value })],
      }).raise.map(({ severity, title }) => [severity, title]);
    expect(severityAt(9, 10)).toEqual([['info', '“Web” failed 9 times in a row']]);
    expect(severityAt(10, 10)).toEqual([['critical', '“Web” failed 10 times in a row']]);
    expect(severityAt(50, null)).toEqual([['info', '“Web” failed 50 times in a row']]);
  });

  it('resolves what is over, and what has no rule any more', () => {
    const unresolved = [alert('queue_growing'), alert('backup_old', { serverId: null })];
    const { resolve, over } = decideOn({
      rules: [rule('queue_growing', { threshold: 10 })],
      conditions: [
        condition('queue_growing', ago(600)),
        { ...condition('backup_old', ago(9)), subjectId: noSubject },
      ],
      unresolved,
    });
    expect(resolve).toEqual([
      { kind: 'queue_growing', subject: { serverId: server } },
      { kind: 'backup_old', subject: 'system' },
    ]);
    expect(over.map(({ kind }) => kind)).toEqual(['queue_growing', 'backup_old']);
  });

  it('leaves alone what is noticed otherwise, unless its rule is off', () => {
    const unresolved = [alert('host_key_changed')];
    expect(decideOn({ rules: [rule('host_key_changed')], unresolved }).resolve).toEqual([]);
    expect(decideOn({ unresolved }).resolve).toHaveLength(1);
  });

  it('does not take what nobody measures to be over', () => {
    const rules = [rule('memory_short', { threshold: 95 })];
    const unresolved = [alert('memory_short')];
    expect(decideOn({ rules, unresolved }).resolve).toEqual([]);
    const well = finding('memory_short', { holds: false, value: 40 });
    expect(decideOn({ rules, unresolved, findings: [well] }).resolve).toHaveLength(1);
  });

  it('does not take to be over what is cut off because there is so much of it', () => {
    const many = Array.from({ length: mostFindings }, (_, index) =>
      finding('late_schedule', { serverId: null, eventId: `event ${index}`, value: 99 }),
    );
    const rules = [rule('late_schedule', { threshold: 60 })];
    const unresolved = [alert('late_schedule', { serverId: null, eventId: event })];
    expect(decideOn({ rules, unresolved, findings: many }).resolve).toEqual([]);
    expect(decideOn({ rules, unresolved, findings: many.slice(1) }).resolve).toHaveLength(1);
  });

  it('believes of the disk of the data only the machine that said it was short', () => {
    const rules = [rule('disk_short', { threshold: 90 })];
    const unresolved = [alert('disk_short', { serverId: null, details: { host: 'one' } })];
    const well = (host: string) =>
      finding('disk_short', { serverId: null, name: null, holds: false, value: 10, details: { host } });
    expect(decideOn({ rules, unresolved, findings: [well('other')] }).resolve).toEqual([]);
    expect(decideOn({ rules, unresolved, findings: [well('one')] }).resolve).toHaveLength(1);
  });

  it('names what silences have kept back', () => {
    const unresolved = [alert('did_not_run', { id: 'a', isUntold: true }), alert('did_not_run', { id: 'b' })];
    expect(decideOn({ rules: [rule('did_not_run')], unresolved }).untold).toEqual(['a']);
  });

  it.each([
    [finding('late_schedule', { value: 75, details: { waits: false } }), '“Web” started 1m 15s late'],
    [
      finding('late_schedule', { value: 3700, details: { waits: true } }),
      '“Web” is 1h 01m late, and has not started',
    ],
    [finding('disk_short', { name: null, value: 91.6 }), 'The disk of Cronium’s data is 91 % full'],
    [finding('queue_growing', { value: 1000 }), '1,000 jobs or more wait for “Web”'],
    [
      finding('backup_old', { value: 8.2, details: { last: null } }),
      'There is no backup of Cronium after 8 days',
    ],
    [finding('backup_old', { value: 8.2, details: { last: '2026' } }), 'The last backup is 8 days old'],
    [finding('sign_in_attacks', { value: 21 }), '21 sign-ins failed within 15 minutes'],
  ])('has a title that says how bad it is', (found, title) => {
    const { raise } = decideOn({ rules: [rule(found.kind)], findings: [found] });
    expect(raise.map((one) => one.title)).toEqual([title]);
  });
});
