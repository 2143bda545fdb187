import { createPrivateKey, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { type ParsedKey, utils } from 'ssh2';

import { encodeEd25519 } from './openssh-key';
import { toError } from './ssh-errors';

/** Why a text is of no use as a private key. */
export type PrivateKeyProblem =
  'not_a_key' | 'public_key' | 'passphrase_missing' | 'passphrase_wrong' | 'unsupported';

/** A private key that cannot be used; the message says why and what would be one, and never holds any of it. */
export class PrivateKeyError extends Error {
  constructor(
    readonly problem: PrivateKeyProblem,
    options?: ErrorOptions,
  ) {
    super(MESSAGES[problem], options);
    this.name = 'PrivateKeyError';
  }
}

const MESSAGES: Record<PrivateKeyProblem, string> = {
  not_a_key:
    'This is not a private key. It begins with a line like -----BEGIN OPENSSH PRIVATE KEY----- and must be complete.',
  public_key: 'This is a public key. The private key is in the file of the same name without .pub.',
  passphrase_missing: 'The private key is protected. Give its passphrase.',
  passphrase_wrong: 'The passphrase of the private key is wrong, or the key is damaged.',
  unsupported: 'Keys of this kind are not supported. Use ed25519, RSA with at least 2048 bits, or ECDSA.',
};

/** A new ed25519 key pair, both halves as OpenSSH writes them; the comment shows in `authorized_keys`. */
export async function generateSshKey(comment: string): Promise<{ privateKey: string; publicKey: string }> {
  // Not ssh2's own generator: it spoils one key in about 500, where it takes the seed for a number.
  const pair = await promisify(generateKeyPair)('ed25519');
  const privateKey = encodeEd25519(pair.privateKey, comment.replace(/\s+/g, ' ').trim());
  return { privateKey, ...readPrivateKey(privateKey) };
}

/** The public half of a private key, as a line of `authorized_keys`. Throws a `PrivateKeyError`. */
export function readPrivateKey(privateKey: string, passphrase?: string): { publicKey: string } {
  const key = parsePrivateKey(privateKey, passphrase);
  const line = `${key.type} ${key.getPublicSSH().toString('base64')}`;
  return { publicKey: key.comment ? `${line} ${key.comment}` : line };
}

/** For signing in. Throws a `PrivateKeyError`. */
export function parsePrivateKey(privateKey: string, passphrase?: string): ParsedKey {
  const text = `${privateKey.replace(/\r\n?/g, '\n').trim()}\n`;
  const secret = passphrase === '' ? undefined : passphrase;
  if (
    /^(ssh-|ecdsa-sha2-|sk-)\S+ AAAA|^-----BEGIN( RSA)? PUBLIC KEY-----|^---- BEGIN SSH2 PUBLIC KEY/.test(
      text,
    )
  ) {
    throw new PrivateKeyError('public_key');
  }
  if (!text.includes('PRIVATE KEY') && !text.startsWith('PuTTY-User-Key-File')) {
    throw new PrivateKeyError('not_a_key');
  }
  const parsed = (
    /-----BEGIN (ENCRYPTED )?PRIVATE KEY-----/.test(text)
      ? parsePkcs8(text, secret)
      : // OpenSSL puts the curve before an EC key; it is in the key, too.
        utils.parseKey(
          text.replace(/-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----\n/, ''),
          secret,
        )
  ) as ParsedKey | ParsedKey[] | Error;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === undefined) {
    throw new PrivateKeyError(problemOf(key?.message ?? '', secret), { cause: key });
  }
  if (!key.isPrivateKey()) {
    throw new PrivateKeyError('public_key');
  }
  if (!/^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+)$/.test(key.type)) {
    throw new PrivateKeyError('unsupported');
  }
  return key;
}

/** ssh2 reads the older PEM formats only: what OpenSSL writes today is handed to it as one of them. */
function parsePkcs8(text: string, passphrase: string | undefined): ParsedKey | Error {
  let key;
  try {
    key = createPrivateKey({ key: text, passphrase });
  } catch (cause) {
    return toError(cause);
  }
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return utils.parseKey(key.export({ format: 'pem', type: 'pkcs1' }));
    case 'ec':
      return utils.parseKey(key.export({ format: 'pem', type: 'sec1' }));
    case 'ed25519':
      return utils.parseKey(encodeEd25519(key));
    default:
      throw new PrivateKeyError('unsupported');
  }
}

/** What ssh2 and OpenSSL say, as one of ours. */
function problemOf(message: string, passphrase: string | undefined): PrivateKeyProblem {
  if (passphrase === undefined) {
    if (/no passphrase given|passphrase|interrupted or cancelled|MISSING_PASSPHRASE/i.test(message)) {
      return 'passphrase_missing';
    }
  } else if (/passphrase|bad decrypt|integrity|decrypt|malformed|mac mismatch|wrong|unable/i.test(message)) {
    return 'passphrase_wrong';
  }
  return /unsupported|unknown|not supported/i.test(message) && !/Unsupported key format/i.test(message)
    ? 'unsupported'
    : 'not_a_key';
}
