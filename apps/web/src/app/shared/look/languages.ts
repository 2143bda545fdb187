import type { EventType } from '@cronium/contracts';

import type { CodeLanguage } from '../code-editor/code-mirror';

const languages: Record<EventType, CodeLanguage> = { BASH: 'bash', PYTHON: 'python', NODEJS: 'javascript' };

/** The language that an event's script is written in. */
export function languageOf(type: EventType): CodeLanguage {
  return languages[type];
}
