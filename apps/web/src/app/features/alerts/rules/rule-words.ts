import { alertKindFacts, type AlertRule } from '@cronium/contracts';

/** When it is an alert, in words: “90 % or more, for 5 min”. */
export function conditionOf({ kind, threshold, criticalThreshold, forSeconds }: AlertRule): string {
  const { threshold: bounds } = alertKindFacts[kind];
  const parts: string[] = [];
  if (bounds && threshold !== null)
    parts.push(`${figureOf(threshold, bounds.unit)} or ${moreOf(bounds.unit)}`);
  if (forSeconds > 0) parts.push(`for ${spanOf(forSeconds)}`);
  if (bounds && criticalThreshold !== null)
    parts.push(`critical at ${figureOf(criticalThreshold, bounds.unit)}`);
  return parts.length === 0 ? 'at once' : parts.join(', ');
}

/** “90 %”, “15 min”, “1,000 jobs” */
export function figureOf(value: number, unit: string): string {
  if (unit === 'percent') return `${value} %`;
  if (unit === 'seconds') return spanOf(value);
  const word = value === 1 ? unit.replace(/s$/, '') : unit;
  return `${value.toLocaleString('en')} ${word}`;
}

const moreOf = (unit: string) => (unit === 'seconds' ? 'longer' : 'more');

function spanOf(seconds: number): string {
  if (seconds % 3600 === 0 && seconds >= 3600) return `${seconds / 3600} h`;
  if (seconds % 60 === 0 && seconds >= 60) return `${seconds / 60} min`;
  return `${seconds} s`;
}

const who = { owner: 'its owner', administrators: 'administrators' } as const;

/** Who hears of it by e-mail. */
export function recipientsOf({ recipients }: Pick<AlertRule, 'recipients'>): string {
  if (recipients.who !== 'users') return who[recipients.who];
  return recipients.userIds.length === 1 ? '1 person' : `${recipients.userIds.length} people`;
}
