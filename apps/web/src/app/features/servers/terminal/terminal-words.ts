import type { TerminalEndReason } from '@cronium/contracts';
import { mdiArrowDown, mdiArrowLeft, mdiArrowRight, mdiArrowUp } from '@mdi/js';

const headings: Record<TerminalEndReason, string> = {
  exited: 'The session has ended',
  left: 'The session has ended',
  host_lost: 'The host is gone',
  idle: 'Closed, because nobody was there',
  access_lost: 'You have lost access',
  account_disabled: 'You have lost access',
  signed_out: 'You were signed out',
  token_expired: 'You were signed out',
  server_deleted: 'The server was deleted',
  server_changed: 'The server was changed',
  access_unknown: 'Your access could not be checked',
  shutting_down: 'Cronium is stopping',
};

/** What has happened, in a few words; the API's message says more. A newer API may know reasons that this page does not. */
export function endHeadingOf(reason: TerminalEndReason): string {
  return (headings as Partial<Record<string, string>>)[reason] ?? headings.exited;
}

export interface PhoneKey {
  readonly name: string;
  readonly label?: string;
  readonly icon?: string;
  /** What a terminal sends for it. */
  readonly keys: string;
}

/** Keys that a phone has not. */
export const phoneKeys: readonly PhoneKey[] = [
  { name: 'Escape', label: 'Esc', keys: '\x1b' },
  { name: 'Tab', label: 'Tab', keys: '\t' },
  { name: 'Control C', label: '^C', keys: '\x03' },
  { name: 'Control D', label: '^D', keys: '\x04' },
  { name: 'Left', icon: mdiArrowLeft, keys: '\x1b[D' },
  { name: 'Up', icon: mdiArrowUp, keys: '\x1b[A' },
  { name: 'Down', icon: mdiArrowDown, keys: '\x1b[B' },
  { name: 'Right', icon: mdiArrowRight, keys: '\x1b[C' },
];
