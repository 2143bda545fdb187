import { InjectionToken } from '@angular/core';
import { terminalNamespace, type TerminalClientEvents, type TerminalServerEvents } from '@cronium/contracts';
import type { Socket } from 'socket.io-client';

export type TerminalSocket = Socket<TerminalServerEvents, TerminalClientEvents>;
/** Makes a socket that is not connected yet, and loads the library with the first one. */
export type TerminalSockets = (token: string) => Promise<TerminalSocket>;

/** A connection of its own for each terminal: one that breaks has ended its shell, and is not to come back by itself. */
export const TERMINAL_SOCKETS = new InjectionToken<TerminalSockets>('TERMINAL_SOCKETS', {
  providedIn: 'root',
  factory: () => async (token) => {
    const { io } = await import('socket.io-client');
    return io(terminalNamespace, {
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      autoConnect: false,
      forceNew: true,
      reconnection: false,
      auth: { token },
    });
  },
});
