import type { HostKey, SshConfig } from '@cronium/server-types';

import { ExecutionError } from '../execution-error';

/** `user@host:port`, as messages name a server. */
export const addressOf = ({ username, host, port }: SshConfig): string => `${username}@${host}:${port}`;

export function hostUnreachable(config: SshConfig, why: string, cause?: unknown): ExecutionError {
  return new ExecutionError('host_unreachable', `${addressOf(config)} cannot be reached. ${why}`, { cause });
}

export function hostKeyUnapproved(config: SshConfig, offered: HostKey): ExecutionError {
  return new ExecutionError(
    'host_key_unapproved',
    `No host key of ${config.host} is approved yet. It shows ${describeKey(offered)}: compare it at the host, and approve it on the server’s page.`,
  );
}

export function hostKeyChanged(config: SshConfig, pinned: HostKey, offered: HostKey): ExecutionError {
  return new ExecutionError(
    'host_key_changed',
    `The host key of ${config.host} is not the approved one: approved is ${describeKey(pinned)}, it shows ${describeKey(offered)}. ` +
      'Either it was set up anew, or another machine answers in its place. Whoever manages the server can accept the new key.',
  );
}

export function authenticationFailed(config: SshConfig, why: string, cause?: unknown): ExecutionError {
  return new ExecutionError('authentication_failed', `${addressOf(config)} refused the sign-in. ${why}`, {
    cause,
  });
}

export function shellUnusable(config: SshConfig, why: string, said: string): ExecutionError {
  const excerpt = said.trim().slice(0, 500);
  return new ExecutionError(
    'shell_unusable',
    `The login shell of ${addressOf(config)} did not run the runner’s command: ${why}${excerpt ? ` It said: ${excerpt}` : ''}`,
  );
}

const describeKey = ({ algorithm, fingerprint }: HostKey): string => `${fingerprint} (${algorithm})`;

/** As an error of ours: one of another realm (a test's, a worker's) is no instance of our `Error`. */
export function toError(cause: unknown): NodeJS.ErrnoException {
  if (cause instanceof Error || typeof cause !== 'object' || cause === null || !('message' in cause)) {
    return cause instanceof Error ? cause : new Error(String(cause));
  }
  const code = 'code' in cause ? String(cause.code) : undefined;
  return Object.assign(new Error(String(cause.message), { cause }), { code });
}

/** What a socket or a name server says, with what to do about it. */
export function unreachableReason(cause: unknown): string {
  const error = toError(cause);
  switch (error.code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
      return 'Its name does not resolve. Is it written right, and does this machine’s name server know it?';
    case 'ECONNREFUSED':
      return 'It refuses connections at this port. Is sshd running there, and is the port right?';
    case 'ETIMEDOUT':
      return 'It does not answer. Is it running, and does a firewall let this machine through?';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'There is no route to it. Is its network up?';
    default:
      return `The connection failed: ${error.message}.`;
  }
}
