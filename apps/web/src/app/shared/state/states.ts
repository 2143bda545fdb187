import type { ExecutionState } from '@cronium/contracts';
import {
  mdiAlertCircle,
  mdiCancel,
  mdiCheckCircle,
  mdiCircleHalfFull,
  mdiClockOutline,
  mdiCloseCircle,
  mdiHelpCircleOutline,
  mdiLinkOff,
  mdiLoading,
  mdiSkipNextCircleOutline,
  mdiTimerAlertOutline,
} from '@mdi/js';

/** Which of the semantic colours `--state-…` a state has. */
export type StateTone = 'succeeded' | 'running' | 'queued' | 'warning' | 'failed' | 'skipped' | 'lost';

export interface StateLook {
  readonly word: string;
  readonly icon: string;
  readonly tone: StateTone;
}

/** Each state's word, icon and colour: the only place that knows them. */
export const stateLooks: Record<ExecutionState, StateLook> = {
  queued: { word: 'Queued', icon: mdiClockOutline, tone: 'queued' },
  starting: { word: 'Starting', icon: mdiLoading, tone: 'running' },
  running: { word: 'Running', icon: mdiLoading, tone: 'running' },
  succeeded: { word: 'Succeeded', icon: mdiCheckCircle, tone: 'succeeded' },
  failed: { word: 'Failed', icon: mdiCloseCircle, tone: 'failed' },
  timed_out: { word: 'Timed out', icon: mdiTimerAlertOutline, tone: 'failed' },
  cancelled: { word: 'Cancelled', icon: mdiCancel, tone: 'skipped' },
  lost: { word: 'Lost', icon: mdiLinkOff, tone: 'lost' },
  skipped: { word: 'Skipped', icon: mdiSkipNextCircleOutline, tone: 'skipped' },
  partial: { word: 'Partly failed', icon: mdiCircleHalfFull, tone: 'warning' },
};

const unknown: StateLook = { word: 'Unknown', icon: mdiHelpCircleOutline, tone: 'skipped' };

/** A state of a newer server than this page is shown by its own name. */
export function stateLook(state: string): StateLook {
  const known = (stateLooks as Partial<Record<string, StateLook>>)[state];
  return known ?? { ...unknown, word: state };
}

export const warningIcon = mdiAlertCircle;
