import * as z from 'zod';

import { idSchema } from './page';
import type { RealtimeAnswer } from './realtime';

/** Characters of one `input` message at most. */
export const terminalInputCharacters = 65_536;

export const terminalSizeSchema = z.strictObject({
  columns: z.int().min(2).max(1000),
  rows: z.int().min(1).max(500),
});
export type TerminalSizeMessage = z.infer<typeof terminalSizeSchema>;

/** A login shell on an ssh server that the caller may manage. One at a time on a socket. */
export const openTerminalSchema = terminalSizeSchema.extend({ serverId: idSchema });
export type OpenTerminal = z.infer<typeof openTerminalSchema>;

/** What was typed or pasted, as text. */
export const terminalInputSchema = z.strictObject({ data: z.string().min(1).max(terminalInputCharacters) });
export type TerminalInput = z.infer<typeof terminalInputSchema>;

/** A newer access token of the same user: without one the socket ends with the token of its handshake. */
export const renewTerminalSchema = z.strictObject({ token: z.string().min(1).max(4096) });
export type RenewTerminal = z.infer<typeof renewTerminalSchema>;

/** The person is there, and types nothing: as a key pressed, for the idle time-out. */
export const stayAtTerminalSchema = z.strictObject({});
export type StayAtTerminal = z.infer<typeof stayAtTerminalSchema>;

export const terminalEndReasonSchema = z.enum([
  /** The shell itself ended; `exitCode` when it gave one. */
  'exited',
  /** The connection between Cronium and the host broke. */
  'host_lost',
  /** No key was pressed for too long. */
  'idle',
  /** The person may no longer manage the server. */
  'access_lost',
  'account_disabled',
  /** The sign-in behind the terminal has ended: by signing out, or by a new password or role. */
  'signed_out',
  /** The access token ended and was not renewed. */
  'token_expired',
  'server_deleted',
  /** Address, user, credentials, host key or jump host of the server were changed. */
  'server_changed',
  /** Access could not be asked for so long that it no longer counts as given. */
  'access_unknown',
  'shutting_down',
  /** The person's socket ended. Only in the audit log: there is nobody to be told. */
  'left',
]);
export type TerminalEndReason = z.infer<typeof terminalEndReasonSchema>;

/** The terminal is over, and why, for a person. */
export const terminalClosedSchema = z.strictObject({
  reason: terminalEndReasonSchema,
  message: z.string(),
  exitCode: z.int().optional(),
});
export type TerminalClosed = z.infer<typeof terminalClosedSchema>;

/** No key was pressed for long; without one it closes. */
export const terminalIdleSchema = z.strictObject({ closesInSeconds: z.int().min(0) });
export type TerminalIdle = z.infer<typeof terminalIdleSchema>;

/** Answer of `open`. */
export const openedTerminalSchema = z.strictObject({
  ok: z.literal(true),
  /** Without a key pressed for this long it closes. */
  idleSeconds: z.int().min(1),
});
export type OpenedTerminal = z.infer<typeof openedTerminalSchema>;
export type TerminalRefusal = Extract<RealtimeAnswer, { ok: false }>;

/** Client to server. The access token is in the handshake: `auth: { token }`. */
export interface TerminalClientEvents {
  open: (request: OpenTerminal, answer: (answer: OpenedTerminal | TerminalRefusal) => void) => void;
  /** Answered when the host has taken it (flow control): whoever sends much more before is refused, and loses it. */
  input: (request: TerminalInput, answer: (answer: RealtimeAnswer) => void) => void;
  resize: (request: TerminalSizeMessage, answer: (answer: RealtimeAnswer) => void) => void;
  stay: (request: StayAtTerminal, answer: (answer: RealtimeAnswer) => void) => void;
  renew: (request: RenewTerminal, answer: (answer: RealtimeAnswer) => void) => void;
}

/** Server to client. */
export interface TerminalServerEvents {
  /** Raw bytes, acknowledged by the client when they are shown: the host is not read while many are not (flow control). */
  output: (data: Uint8Array | ArrayBuffer, shown: () => void) => void;
  idle: (warning: TerminalIdle) => void;
  /** The last message of a terminal. Another may be opened on the same socket. */
  closed: (end: TerminalClosed) => void;
}
