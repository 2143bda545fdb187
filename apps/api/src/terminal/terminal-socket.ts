import type { TerminalClientEvents, TerminalServerEvents } from '@cronium/contracts';
import type { Socket } from 'socket.io';

import type { Caller } from '../auth/policy';
import type { Terminal } from './terminal';

export interface TerminalSocketData {
  /** As of the handshake; the role may be another by now. */
  readonly caller: Caller;
  /** The sign-in that stands behind the latest token. */
  sessionId: string;
  /** When the latest token ends, and the socket with it. */
  expiresAt: Date;
  expiry: NodeJS.Timeout | undefined;
  terminal: Terminal | undefined;
}

export type TerminalSocket = Socket<
  TerminalClientEvents,
  TerminalServerEvents,
  Record<string, never>,
  TerminalSocketData
>;
