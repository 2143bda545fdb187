import { type AlertKind, alertKindFacts, type AlertSeverity } from '@cronium/contracts';

import { noSubject } from '../alert-records';
import { type AlertSubject, subjectOf } from '../alert-subject';
import { titleOf } from './finding-words';
import type { Finding, KnownCondition, Present, Rule, UnresolvedAlert } from './present';

/** What is to be done about what was found. */
export interface Decision {
  /** Conditions that hold now, and since when. */
  readonly holding: readonly KnownCondition[];
  /** Conditions that hold no more. */
  readonly over: readonly Pick<KnownCondition, 'kind' | 'subjectId'>[];
  readonly raise: readonly Raise[];
  readonly resolve: readonly { readonly kind: AlertKind; readonly subject: AlertSubject }[];
  /** Alerts that a silence may have kept back. */
  readonly untold: readonly string[];
}

export interface Raise {
  readonly kind: AlertKind;
  readonly severity: AlertSeverity;
  readonly subject: AlertSubject;
  readonly title: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** One that was not seen for so long, in between, is taken to have been over: nobody evaluated, or nobody measured. */
const longestGapMilliseconds = 5 * 60_000;
/** Findings of a kind at most: who reaches it may be cut off, and so says nothing of what is not among them. */
export const mostFindings = 200;
/** Those that are only known while somebody measures: that there is no finding does not say that all is well. */
const measured: ReadonlySet<AlertKind> = new Set(['memory_short', 'pool_exhausted', 'disk_short']);

/** Pure: the same findings at the same time decide the same. */
export function decide(present: Present): Decision {
  const { now } = present;
  const rules = new Map(present.rules.map((rule) => [rule.kind, rule]));
  const known = new Map(
    present.conditions.map((condition) => [keyOf(condition.kind, condition.subjectId), condition]),
  );
  const looked = new Map(
    present.findings.map((finding) => [keyOf(finding.kind, subjectIdOf(finding)), finding]),
  );
  const counts = new Map<AlertKind, number>();
  for (const { kind } of present.findings) counts.set(kind, (counts.get(kind) ?? 0) + 1);

  const holding: KnownCondition[] = [];
  const raise: Raise[] = [];
  for (const finding of present.findings) {
    const rule = rules.get(finding.kind);
    if (!rule || !finding.holds) continue;
    const condition = conditionOf(finding, known, now);
    holding.push(condition);
    if (now.getTime() - condition.since.getTime() < rule.forSeconds * 1000) continue;
    raise.push(raiseOf(finding, rule, condition.since));
  }

  /** Whether nothing speaks against it being over. */
  const isOver = (kind: AlertKind, subjectId: string, host: unknown): boolean => {
    if (!rules.has(kind)) return true;
    const finding = looked.get(keyOf(kind, subjectId));
    // Of several machines each knows its own disk alone.
    if (finding) return !finding.holds && finding.details['host'] === host;
    return !measured.has(kind) && (counts.get(kind) ?? 0) < mostFindings;
  };
  const evaluated = present.unresolved.filter(({ kind }) => alertKindFacts[kind].lasts);
  const hosts = new Map(evaluated.map((one) => [keyOf(one.kind, subjectIdOf(one)), one.details['host']]));
  return {
    holding,
    over: present.conditions.filter(({ kind, subjectId }) => {
      const key = keyOf(kind, subjectId);
      return isOver(kind, subjectId, hosts.has(key) ? hosts.get(key) : looked.get(key)?.details['host']);
    }),
    raise,
    resolve: [
      ...evaluated.filter((one) => isOver(one.kind, subjectIdOf(one), one.details['host'])),
      ...switchedOff(present),
    ].map(({ kind, serverId, eventId }) => ({ kind, subject: subjectOf(serverId, eventId) })),
    untold: present.unresolved.filter(({ isUntold }) => isUntold).map(({ id }) => id),
  };
}

/** Of what is noticed at once, whose rule is off. */
function switchedOff({ unresolved, rules }: Present): UnresolvedAlert[] {
  return unresolved.filter(
    ({ kind }) => !alertKindFacts[kind].lasts && !rules.some((rule) => rule.kind === kind),
  );
}

function conditionOf(
  finding: Finding,
  known: ReadonlyMap<string, KnownCondition>,
  now: Date,
): KnownCondition {
  const subjectId = subjectIdOf(finding);
  const before = known.get(keyOf(finding.kind, subjectId));
  const isOngoing = before && now.getTime() - before.seenAt.getTime() <= longestGapMilliseconds;
  return { kind: finding.kind, subjectId, since: isOngoing ? before.since : now, seenAt: now };
}

function raiseOf(finding: Finding, rule: Rule, since: Date): Raise {
  const { kind, serverId, eventId, value, details } = finding;
  const { threshold, criticalThreshold } = rule;
  const isCritical = criticalThreshold !== null && value !== null && value >= criticalThreshold;
  return {
    kind,
    severity: isCritical ? 'critical' : rule.severity,
    subject: subjectOf(serverId, eventId),
    title: titleOf(finding),
    details: {
      ...(value === null ? {} : { value: Math.round(value * 10) / 10, threshold }),
      since: since.toISOString(),
      ...details,
    },
  };
}

const keyOf = (kind: AlertKind, subjectId: string) => `${kind} ${subjectId}`;

function subjectIdOf({ serverId, eventId }: Pick<Finding, 'serverId' | 'eventId'>): string {
  return serverId ?? eventId ?? noSubject;
}
