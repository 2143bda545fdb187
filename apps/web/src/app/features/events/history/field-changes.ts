import type { EventVersion } from '@cronium/contracts';

import { environmentWords, eventFields, fieldLabel, fieldWords } from './field-words';

/** A field that differs between two versions, in plain words. */
export interface FieldChange {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** What differs but for the script, which is compared line by line. */
export function fieldChanges(before: EventVersion, after: EventVersion): FieldChange[] {
  return eventFields.flatMap((field) => {
    if (field === 'content' || isSame(before[field], after[field])) return [];
    if (field === 'environment') return environmentChanges(before, after);
    return [{ label: fieldLabel(field), before: fieldWords(before, field), after: fieldWords(after, field) }];
  });
}

function environmentChanges(before: EventVersion, after: EventVersion): FieldChange[] {
  const keys = new Set([...before.environment, ...after.environment].map(({ key }) => key));
  const changes = [...keys].flatMap((key) => {
    const [was, is] = [environmentWords(before, key), environmentWords(after, key)];
    return was === is ? [] : [{ label: `Environment, ${key}`, before: was, after: is }];
  });
  if (changes.length > 0) return changes;
  const order = ({ environment }: EventVersion) => environment.map(({ key }) => key).join(', ');
  return [{ label: 'Environment, order', before: order(before), after: order(after) }];
}

/** Both came as JSON from one server, which writes fields in one order. */
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
