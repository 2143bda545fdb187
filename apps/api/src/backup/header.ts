import { createHmac, randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto';

import { BackupError } from './backup-error';

/** The line end shows a file that a transfer as text has changed. */
const magic = Buffer.from('Cronium backup\r\n');
export const formatVersion = 1;

const at = { version: 16, cost: 18, blockSize: 19, parallel: 20, chunk: 24, salt: 28, mac: 44 };
/** magic (16) ‖ version (2) ‖ log2 N, r, p of scrypt (1 each) ‖ zeros (3) ‖ bytes a chunk (4) ‖ salt (16) ‖ HMAC-SHA256 of all before it (32). */
export const headerBytes = 76;
export const tagBytes = 16;

/** 128 MiB and a few tenths of a second a guess (OWASP's password storage cheat sheet). */
const cost = { logN: 17, blockSize: 8, parallel: 1 };
const chunkBytes = 64 * 1024;
/** A header is read before anything proves who wrote it: it must not make this process take more. */
const most = { memory: 1024 ** 3, parallel: 4, chunk: 16 * 1024 * 1024 };

/** What the chunks after a header are sealed with. */
export interface Sealing {
  readonly key: Buffer;
  readonly chunkBytes: number;
}

/** A header with a salt of its own, so that no two backups share a key. */
export async function createHeader(passphrase: string): Promise<Sealing & { readonly header: Buffer }> {
  const header = Buffer.alloc(headerBytes);
  magic.copy(header);
  header.writeUInt16BE(formatVersion, at.version);
  header.writeUInt8(cost.logN, at.cost);
  header.writeUInt8(cost.blockSize, at.blockSize);
  header.writeUInt8(cost.parallel, at.parallel);
  header.writeUInt32BE(chunkBytes, at.chunk);
  randomBytes(at.mac - at.salt).copy(header, at.salt);
  const { key, macKey } = await deriveKeys(header, passphrase);
  macOf(header, macKey).copy(header, at.mac);
  return { header, key, chunkBytes };
}

/** @throws BackupError for another file, a newer format, and another passphrase */
export async function openHeader(header: Buffer, passphrase: string): Promise<Sealing> {
  requireKnownFormat(header);
  const { key, macKey } = await deriveKeys(header, passphrase);
  if (!timingSafeEqual(macOf(header, macKey), header.subarray(at.mac)))
    throw new BackupError('The passphrase is wrong, or the first bytes of the backup are damaged.');
  return { key, chunkBytes: header.readUInt32BE(at.chunk) };
}

/** Before the passphrase is asked for. @throws BackupError */
export function requireKnownFormat(header: Buffer): void {
  if (!header.subarray(0, magic.length).equals(magic))
    throw new BackupError('This file is not a backup of Cronium.');
  const version = header.readUInt16BE(at.version);
  if (version > formatVersion)
    throw new BackupError(
      `This backup has format ${version}, and this Cronium reads up to ${formatVersion}. Restore it with the version that made it, or a newer one.`,
    );
  if (header.length < headerBytes) throw new BackupError('The backup is cut short: its header is not whole.');
  const [logN, blockSize] = [header.readUInt8(at.cost), header.readUInt8(at.blockSize)];
  const chunk = header.readUInt32BE(at.chunk);
  const isBounded =
    128 * 2 ** logN * blockSize <= most.memory && header.readUInt8(at.parallel) <= most.parallel;
  if (!isBounded || chunk === 0 || chunk > most.chunk)
    throw new BackupError('The first bytes of the backup are damaged.');
}

async function deriveKeys(header: Buffer, passphrase: string): Promise<{ key: Buffer; macKey: Buffer }> {
  const N = 2 ** header.readUInt8(at.cost);
  const [r, p] = [header.readUInt8(at.blockSize), header.readUInt8(at.parallel)];
  // Node counts a little more than the 128 N r of the algorithm.
  const options: ScryptOptions = { N, r, p, maxmem: 128 * N * r + 64 * 1024 * 1024 };
  const keys = await new Promise<Buffer>((resolve, reject) => {
    // The same letters may come composed or decomposed from another keyboard.
    scrypt(passphrase.normalize('NFC'), header.subarray(at.salt, at.mac), 64, options, (error, key) => {
      if (error) reject(new BackupError('The first bytes of the backup are damaged.', { cause: error }));
      else resolve(key);
    });
  });
  return { key: keys.subarray(0, 32), macKey: keys.subarray(32) };
}

function macOf(header: Buffer, macKey: Buffer): Buffer {
  return createHmac('sha256', macKey).update(header.subarray(0, at.mac)).digest();
}
