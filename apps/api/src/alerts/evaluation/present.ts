import type { AlertKind, AlertSeverity } from '@cronium/contracts';

/** A rule as far as evaluation needs it. */
export interface Rule {
  readonly kind: AlertKind;
  readonly threshold: number | null;
  readonly criticalThreshold: number | null;
  readonly forSeconds: number;
  readonly severity: AlertSeverity;
}

/** Something that a rule is about, as it is now. */
export interface Finding {
  readonly kind: AlertKind;
  readonly serverId: string | null;
  readonly eventId: string | null;
  /** Of the server or event. */
  readonly name: string | null;
  /** In the unit of the kind's threshold; null where nothing is counted. */
  readonly value: number | null;
  /** False says that it was looked at and is well. */
  readonly holds: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Since when a condition holds, as it was known before. */
export interface KnownCondition {
  readonly kind: AlertKind;
  readonly subjectId: string;
  readonly since: Date;
  readonly seenAt: Date;
}

/** An alert that is not resolved. */
export interface UnresolvedAlert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly serverId: string | null;
  readonly eventId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** Part of it was kept back by a silence, and was not delivered yet. */
  readonly isUntold: boolean;
}

/** All that is looked at once a minute. */
export interface Present {
  readonly now: Date;
  readonly rules: readonly Rule[];
  readonly findings: readonly Finding[];
  readonly conditions: readonly KnownCondition[];
  readonly unresolved: readonly UnresolvedAlert[];
  /** When the next delivery is due; null when none waits. */
  readonly nextDeliveryAt: Date | null;
}
