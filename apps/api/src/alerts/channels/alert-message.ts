import type { AlertChange, AlertKind, AlertSeverity, AlertState } from '@cronium/contracts';

/** What is delivered: one change of an alert, to one recipient. */
export interface AlertMessage {
  /** The same at every attempt, so that whoever gets it twice can know. */
  readonly deliveryId: string;
  readonly change: AlertChange['kind'] | 'test';
  readonly at: Date;
  readonly alert: {
    readonly id: string;
    readonly kind: AlertKind | 'test';
    readonly severity: AlertSeverity;
    readonly state: AlertState;
    readonly title: string;
    readonly details: Readonly<Record<string, unknown>>;
    readonly server: { readonly id: string; readonly name: string } | null;
    readonly event: { readonly id: string; readonly name: string } | null;
    readonly openedAt: Date;
    readonly resolvedAt: Date | null;
  };
  /** Where a person reads more; null when the product does not know its own address. */
  readonly link: string | null;
}

/** Of one recipient, the oldest first. */
export type MessageGroup = readonly [AlertMessage, ...AlertMessage[]];

/** What the test button delivers. */
export function testMessage(deliveryId: string, by: string, at: Date): AlertMessage {
  return {
    deliveryId,
    change: 'test',
    at,
    alert: {
      id: deliveryId,
      kind: 'test',
      severity: 'info',
      state: 'open',
      title: 'A test of this channel',
      details: { by },
      server: null,
      event: null,
      openedAt: at,
      resolvedAt: null,
    },
    link: null,
  };
}
