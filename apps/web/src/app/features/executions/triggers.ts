import type { Execution } from '@cronium/contracts';

/** What set an execution off, and who: goes on after “Started”. */
export function triggerOf({ trigger, triggeredBy }: Pick<Execution, 'trigger' | 'triggeredBy'>): string {
  const who = triggeredBy ? `by ${triggeredBy.name}` : '';
  if (trigger === 'schedule') return 'by its schedule';
  if (trigger === 'api') return `through the API ${who}`.trim();
  return who || 'by hand';
}
