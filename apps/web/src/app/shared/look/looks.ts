import { mdiBash, mdiCubeOutline, mdiLanguagePython, mdiNodejs, mdiServerNetwork } from '@mdi/js';
import type { EventType } from '@cronium/contracts';
import type { ServerType } from '@cronium/server-types';

export interface Look {
  readonly word: string;
  readonly icon: string;
}

/** Each server type's word and icon. */
export const serverLooks: Record<ServerType, Look> = {
  container: { word: 'Container', icon: mdiCubeOutline },
  ssh: { word: 'SSH host', icon: mdiServerNetwork },
};

/** Each event type's word and icon. */
export const eventTypeLooks: Record<EventType, Look> = {
  BASH: { word: 'Bash', icon: mdiBash },
  PYTHON: { word: 'Python', icon: mdiLanguagePython },
  NODEJS: { word: 'Node.js', icon: mdiNodejs },
};
