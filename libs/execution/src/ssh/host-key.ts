import type { HostKey } from '@cronium/server-types';
import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** The best first. The last is for hosts of before 2016; what is signed with it is a key that a person approved. */
const ALGORITHMS: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** The key in a host's key blob (RFC 4253, section 6.6: a length, the algorithm's name, the key). */
export function hostKeyOf(blob: Buffer): HostKey {
  const length = blob.readUInt32BE(0);
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { algorithm: blob.toString('latin1', 4, 4 + length), fingerprint: `SHA256:${digest}` };
}

/** What to ask a host for: the pinned key first, and then any other, so that a change is seen and not only a refusal. */
export function hostKeyAlgorithms(pinned: HostKey | null): ServerHostKeyAlgorithm[] {
  const isPinned = (algorithm: ServerHostKeyAlgorithm) =>
    // The three of RSA sign differently with one kind of key.
    algorithm.includes('rsa') ? pinned?.algorithm === 'ssh-rsa' : algorithm === pinned?.algorithm;
  return [...ALGORITHMS.filter(isPinned), ...ALGORITHMS.filter((algorithm) => !isPinned(algorithm))];
}

export const isSameKey = (one: HostKey, other: HostKey): boolean =>
  one.algorithm === other.algorithm && one.fingerprint === other.fingerprint;
