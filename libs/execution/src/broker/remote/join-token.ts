import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'cronium-join-1.';
const FINGERPRINT_BYTES = 32;
const SECRET_BYTES = 24;

/** What lets a Cronium join a broker once: which certificate the broker shows, and a secret that only the broker knows the hash of. */
export interface JoinToken {
  /** SHA-256 of the broker's certificate, in hex. */
  readonly fingerprint: string;
  /** Hex. */
  readonly secret: string;
}

export function newJoinToken(fingerprint: string): JoinToken {
  return { fingerprint, secret: randomBytes(SECRET_BYTES).toString('hex') };
}

/** As people copy it. */
export function writeJoinToken({ fingerprint, secret }: JoinToken): string {
  return PREFIX + Buffer.from(fingerprint + secret, 'hex').toString('base64url');
}

/** Undefined for what is no join token. */
export function readJoinToken(text: string): JoinToken | undefined {
  if (!text.startsWith(PREFIX)) return undefined;
  const bytes = Buffer.from(text.slice(PREFIX.length), 'base64url');
  if (bytes.length !== FINGERPRINT_BYTES + SECRET_BYTES) return undefined;
  return {
    fingerprint: bytes.subarray(0, FINGERPRINT_BYTES).toString('hex'),
    secret: bytes.subarray(FINGERPRINT_BYTES).toString('hex'),
  };
}

/** What the broker keeps of a secret. */
export const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
