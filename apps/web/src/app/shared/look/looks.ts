import { mdiBash, mdiCubeOutline, mdiLanguagePython, mdiNodejs, mdiServerNetwork } from '@mdi/js';
import type { EventType, Priority, UserRole, WhenQueueFull, WhenUnhealthy } from '@cronium/contracts';
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

/** What jobs do while their server is away. */
export const whenUnhealthyWords: Record<WhenUnhealthy, string> = {
  wait: 'Wait until it is back',
  fail: 'Fail at once',
};

/** What becomes of a run when as many jobs wait for its server as may. */
export const whenQueueFullWords: Record<WhenQueueFull, string> = {
  refuse: 'Refuse it',
  wait: 'Let it wait all the same',
};

/** Which of an owner’s waiting jobs goes first. */
export const priorityWords: Record<Priority, string> = { high: 'High', normal: 'Normal', low: 'Low' };

/** Each role’s word. */
export const roleWords: Record<UserRole, string> = {
  ADMIN: 'Administrator',
  USER: 'User',
  VIEWER: 'Viewer',
};

/** Each event type's word and icon. */
export const eventTypeLooks: Record<EventType, Look> = {
  BASH: { word: 'Bash', icon: mdiBash },
  PYTHON: { word: 'Python', icon: mdiLanguagePython },
  NODEJS: { word: 'Node.js', icon: mdiNodejs },
};
