import type { AlertSeverity, AlertState } from '@cronium/contracts';
import {
  mdiAlert,
  mdiAlertOctagon,
  mdiBellRing,
  mdiCheckCircle,
  mdiEyeCheckOutline,
  mdiInformation,
} from '@mdi/js';

import type { StateLook } from '../state/states';

/** Each severity's word, icon and colour. */
export const severityLooks: Record<AlertSeverity, StateLook> = {
  critical: { word: 'Critical', icon: mdiAlertOctagon, tone: 'failed' },
  warning: { word: 'Warning', icon: mdiAlert, tone: 'warning' },
  info: { word: 'Info', icon: mdiInformation, tone: 'running' },
};

/** Each state's word, icon and colour. */
export const alertStateLooks: Record<AlertState, StateLook> = {
  open: { word: 'Open', icon: mdiBellRing, tone: 'warning' },
  acknowledged: { word: 'Acknowledged', icon: mdiEyeCheckOutline, tone: 'running' },
  resolved: { word: 'Resolved', icon: mdiCheckCircle, tone: 'succeeded' },
};
