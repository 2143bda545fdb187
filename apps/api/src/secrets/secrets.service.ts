import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { errorCode } from '../error-code';
import type { Config } from '../config/config';

const format = 'v1';

/**
 * Encrypts what must not stand readable in the database. Text is `v1.<key id>.<base64url of iv ‖ ciphertext ‖ tag>`; the key id
 * (the first 8 hex digits of the key's SHA-256) lets keys rotate.
 */
export class SecretsService {
  /** The first 8 hex digits of the key's SHA-256. */
  readonly keyId: string;

  constructor(private readonly key: Buffer) {
    this.keyId = createHash('sha256').update(key).digest('hex').slice(0, 8);
  }

  /** @param purpose bound to the ciphertext: a value moved to another place does not decrypt */
  encrypt(plain: string, purpose: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv).setAAD(Buffer.from(purpose));
    const sealed = Buffer.concat([iv, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return [format, this.keyId, sealed.toString('base64url')].join('.');
  }

  /** @throws when the value was encrypted with another key or for another purpose, or was altered */
  decrypt(text: string, purpose: string): string {
    const [version, keyId, body] = text.split('.');
    if (version !== format || keyId !== this.keyId || !body) {
      throw new Error(
        `A stored secret was encrypted with key ${keyId ?? '?'}, but the key in use is ${this.keyId}.`,
      );
    }
    const sealed = Buffer.from(body, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(0, 12))
      .setAAD(Buffer.from(purpose))
      .setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
  }

  /** A 32-byte key for another use, derived so that it tells nothing of the master key. */
  derive(use: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.key, '', `cronium:${use}`, 32));
  }
}

/** The key of ENCRYPTION_KEY, or the one in the data folder, which is generated on the first start (mode 0600). */
export async function loadEncryptionKey(config: Config): Promise<Buffer> {
  if (config.encryptionKey) return config.encryptionKey;
  await mkdir(config.dataDir, { recursive: true });
  try {
    await writeFile(keyFile(config.dataDir), randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
  return readKeyFile(config.dataDir);
}

/** Where the generated key is. */
export const keyFile = (dataDir: string): string => join(dataDir, 'encryption.key');

/** @throws when there is none, or it is not a key */
export async function readKeyFile(dataDir: string): Promise<Buffer> {
  const file = keyFile(dataDir);
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'hex');
  if (key.length !== 32)
    throw new Error(`${file} does not hold 32 bytes in hex. Restore it, or set ENCRYPTION_KEY.`);
  return key;
}
