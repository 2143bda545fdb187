import type { Alert } from '@cronium/contracts';

import { formatBytes } from '../../shared/size/bytes';

/** A fact of an alert, as it is shown. */
export interface AlertFact {
  readonly name: string;
  readonly value: string;
  /** Where it leads. */
  readonly link?: readonly string[];
  /** An instant. */
  readonly at?: string;
}

const names: Partial<Record<string, string>> = {
  value: 'Now',
  codes: 'Limits',
  code: 'Code',
  message: 'Cause',
  host: 'Machine',
  last: 'Last backup',
  mostFrom: 'Most from',
  fromThere: 'From there',
  runs: 'Runs concerned',
  availableBytes: 'Left',
  floorBytes: 'Least for more jobs',
};
/** Said by the title, or of no use to a person. */
const hidden = new Set(['waits', 'platform', 'jobId']);

/** What is known of the kind, in the order of its details. */
export function factsOf({ details }: Pick<Alert, 'details'>): AlertFact[] {
  return Object.entries(details).flatMap(([key, value]) => {
    if (hidden.has(key) || !['string', 'number', 'boolean'].includes(typeof value)) return [];
    const text = String(value);
    const fact = { name: names[key] ?? wordsOf(key), value: text };
    if (typeof value === 'number' && key.endsWith('Bytes')) return [{ ...fact, value: formatBytes(value) }];
    if (key === 'lastExecutionId') return [{ ...fact, name: 'Last execution', link: ['/executions', text] }];
    if (key === 'executionId') return [{ ...fact, name: 'Execution', link: ['/executions', text] }];
    return [/^\d{4}-\d\d-\d\dT/.test(text) ? { ...fact, at: new Date(text).toISOString() } : fact];
  });
}

/** `plannedAt` → `Planned at` */
function wordsOf(key: string): string {
  const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
