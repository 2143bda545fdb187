import { type AlertSeverity, alertSeverities } from '@cronium/contracts';

export function isMoreSevere(one: AlertSeverity, other: AlertSeverity | null): boolean {
  return alertSeverities.indexOf(one) > (other === null ? -1 : alertSeverities.indexOf(other));
}

/** How severe it is in SQL, as a number that can be compared; null for null. */
export function rankOf(severity: string): string {
  return `array_position('{${alertSeverities.join(',')}}'::text[], ${severity})`;
}
