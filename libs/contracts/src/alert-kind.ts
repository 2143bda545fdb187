import * as z from 'zod';

export const alertKinds = [
  'server_unhealthy',
  'host_key_changed',
  'disk_short',
  'memory_short',
  'queue_growing',
  'queue_stalled',
  'pool_exhausted',
  'did_not_run',
  'failure_streak',
  'late_schedule',
  'limit_kills',
  'sign_in_attacks',
  'backup_old',
] as const;

export const alertKindSchema = z.enum(alertKinds).meta({ id: 'AlertKind' });
export type AlertKind = z.infer<typeof alertKindSchema>;

/** What a threshold counts, and between which figures it may be. */
export interface AlertThreshold {
  readonly unit: 'percent' | 'jobs' | 'seconds' | 'executions' | 'attempts' | 'days';
  readonly min: number;
  readonly max: number;
}

/** What there is to say of a kind of alert. */
export interface AlertKindFacts {
  readonly label: string;
  /** When it opens, and when it is over. */
  readonly meaning: string;
  readonly about: 'server' | 'event' | 'system' | 'server_or_system';
  /** Null when nothing is counted. */
  readonly threshold: AlertThreshold | null;
  /** False when it is noticed at once, by whatever it happens to, and not by looking once a minute. */
  readonly lasts: boolean;
}

const percent = { unit: 'percent', min: 1, max: 100 } as const;

export const alertKindFacts: Readonly<Record<AlertKind, AlertKindFacts>> = {
  server_unhealthy: {
    label: 'Server unhealthy',
    meaning: 'The checks of a server fail. Over when one passes.',
    about: 'server',
    threshold: null,
    lasts: true,
  },
  host_key_changed: {
    label: 'Host key changed',
    meaning: 'An ssh host shows another key than the approved one. Over when a key is approved.',
    about: 'server',
    threshold: null,
    lasts: false,
  },
  disk_short: {
    label: 'Disk short',
    meaning: 'So much of the disk is used: of a server, or where Cronium keeps its data.',
    about: 'server_or_system',
    threshold: percent,
    lasts: true,
  },
  memory_short: {
    label: 'Memory short',
    meaning: 'So much of a server’s memory is used.',
    about: 'server',
    threshold: percent,
    lasts: true,
  },
  queue_growing: {
    label: 'Queue growing',
    meaning: 'So many jobs wait for their turn on a server.',
    about: 'server',
    threshold: { unit: 'jobs', min: 1, max: 100_000 },
    lasts: true,
  },
  queue_stalled: {
    label: 'Queue stalled',
    meaning: 'A job has waited for its turn on a server for so long.',
    about: 'server',
    threshold: { unit: 'seconds', min: 1, max: 604_800 },
    lasts: true,
  },
  pool_exhausted: {
    label: 'Pool exhausted',
    meaning: 'No sandbox of a server’s warm pool is ready, and some are in use.',
    about: 'server',
    threshold: null,
    lasts: true,
  },
  did_not_run: {
    label: 'Did not run',
    meaning: 'A planned run of an event did not happen. Over when one starts.',
    about: 'event',
    threshold: null,
    lasts: false,
  },
  failure_streak: {
    label: 'Failure streak',
    meaning: 'So many executions of an event in a row have failed. Over when one succeeds.',
    about: 'event',
    threshold: { unit: 'executions', min: 1, max: 1000 },
    lasts: true,
  },
  late_schedule: {
    label: 'Late schedule',
    meaning: 'A planned run of an event started so late within 15 minutes, or has not started for so long.',
    about: 'event',
    threshold: { unit: 'seconds', min: 10, max: 604_800 },
    lasts: true,
  },
  limit_kills: {
    label: 'Limit kills',
    meaning: 'So many jobs of an event were ended within an hour because they met a limit.',
    about: 'event',
    threshold: { unit: 'jobs', min: 1, max: 100_000 },
    lasts: true,
  },
  sign_in_attacks: {
    label: 'Sign-in attacks',
    meaning: 'So many sign-ins have failed within 15 minutes.',
    about: 'system',
    threshold: { unit: 'attempts', min: 2, max: 100_000 },
    lasts: true,
  },
  backup_old: {
    label: 'Backup old',
    meaning: 'The installation was not backed up for so long. Over when it is.',
    about: 'system',
    threshold: { unit: 'days', min: 1, max: 365 },
    lasts: true,
  },
};

export const alertSeverities = ['info', 'warning', 'critical'] as const;
export const alertSeveritySchema = z.enum(alertSeverities).meta({ id: 'AlertSeverity' });
export type AlertSeverity = z.infer<typeof alertSeveritySchema>;

export const alertStateSchema = z.enum(['open', 'acknowledged', 'resolved']).meta({ id: 'AlertState' });
export type AlertState = z.infer<typeof alertStateSchema>;
