import { type HostKey, sshConfigSchema } from '@cronium/server-types';

import { ExecutionError } from '../execution-error';
import { ConnectionPool } from './connection-pool';
import { dial } from './dial';
import type { SshServer } from './ssh-server';

/** Where to ask for a key. */
export interface HostKeyTarget {
  readonly host: string;
  readonly port: number;
  /** The host to reach it through; its own key must be approved. */
  readonly jump: SshServer | null;
}

/** Asks a host for its key and hangs up: nothing is sent that says who asks. Rejects with an `ExecutionError`, usually `host_unreachable`. */
export async function fetchHostKey({ host, port, jump }: HostKeyTarget): Promise<HostKey> {
  let shown: HostKey | undefined;
  const server: SshServer = {
    id: 'host-key',
    type: 'ssh',
    sshConfig: sshConfigSchema.parse({ host, port, username: 'cronium', authentication: 'password' }),
    hostKey: null,
    credentials: { kind: 'password', password: '' },
    jump,
  };
  const hops = jump && new ConnectionPool(jump, () => undefined);
  try {
    await dial(server, {
      tunnel: hops ? (target, at) => hops.tunnel(target, at) : undefined,
      onHostKey: (key) => (shown = key),
      onHostKeyOffered: () => undefined,
    });
  } catch (error) {
    // No key is approved here: having seen one is what there is to have.
    if (!shown || !(error instanceof ExecutionError) || error.code !== 'host_key_unapproved') {
      throw error;
    }
  } finally {
    await hops?.close();
  }
  if (!shown) {
    throw new ExecutionError('host_unreachable', `${host}:${port} showed no host key.`);
  }
  return shown;
}
