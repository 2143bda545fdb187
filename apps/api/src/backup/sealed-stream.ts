import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { Transform, type TransformCallback } from 'node:stream';

import { BackupError } from './backup-error';
import { createHeader, headerBytes, openHeader, requireKnownFormat, type Sealing, tagBytes } from './header';

/**
 * Encrypts a stream in chunks of AES-256-GCM, after a header. The nonce is the chunk's number and whether it is the last, as in STREAM
 * (https://eprint.iacr.org/2015/189) and age: a chunk that is missing, moved or repeated, and an end that is cut off, do not open. The key
 * is used for one file alone, so no nonce is used twice with it.
 */
export async function sealStream(passphrase: string): Promise<Transform> {
  const { header, ...sealing } = await createHeader(passphrase);
  return new Seal(header, sealing);
}

class Seal extends Transform {
  private held: Buffer[] = [];
  private heldBytes = 0;
  private count = 0;

  constructor(
    header: Buffer,
    private readonly sealing: Sealing,
  ) {
    super();
    this.push(header);
  }

  override _transform(data: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.held.push(data);
    this.heldBytes += data.length;
    // A whole chunk is held until more comes: it may be the last.
    if (this.heldBytes > this.sealing.chunkBytes) this.sealWhole();
    done();
  }

  override _flush(done: TransformCallback): void {
    this.seal(Buffer.concat(this.held), true);
    done();
  }

  private sealWhole(): void {
    const { chunkBytes } = this.sealing;
    let rest = Buffer.concat(this.held);
    for (; rest.length > chunkBytes; rest = rest.subarray(chunkBytes))
      this.seal(rest.subarray(0, chunkBytes), false);
    this.held = [rest];
    this.heldBytes = rest.length;
  }

  private seal(plain: Buffer, isLast: boolean): void {
    const cipher = createCipheriv('aes-256-gcm', this.sealing.key, nonceOf(this.count, isLast));
    this.push(Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]));
    this.count += 1;
  }
}

/**
 * The plain bytes of a sealed file, each only after it was found to be genuine.
 *
 * @throws BackupError when it is not whole, was changed, or was sealed with another passphrase
 */
export async function* openSealed(path: string, passphrase: string): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const sealing = await openHeader(await readHeader(file), passphrase);
    if (size <= headerBytes) throw new BackupError('The backup is cut short: only its header is there.');
    const step = sealing.chunkBytes + tagBytes;
    for (let position = headerBytes, count = 0; position < size; position += step, count += 1) {
      const sealed = await readAt(file, position, Math.min(step, size - position));
      const isLast = position + step >= size;
      const plain = openChunk(sealing.key, sealed, nonceOf(count, isLast));
      if (!plain)
        throw new BackupError(
          isLast
            ? 'The backup is cut short, or damaged at its end.'
            : `The backup is damaged within the ${sealed.length} bytes from byte ${position} on.`,
        );
      yield plain;
    }
  } finally {
    await file.close();
  }
}

/** Whether it is a backup that this version can read, without its passphrase. @throws BackupError */
export async function requireReadable(path: string): Promise<void> {
  const file = await open(path);
  try {
    requireKnownFormat(await readHeader(file));
  } finally {
    await file.close();
  }
}

function openChunk(key: Buffer, sealed: Buffer, nonce: Buffer): Buffer | undefined {
  if (sealed.length < tagBytes) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAuthTag(sealed.subarray(-tagBytes));
  const plain = decipher.update(sealed.subarray(0, -tagBytes));
  try {
    return Buffer.concat([plain, decipher.final()]);
  } catch {
    // "Unsupported state or unable to authenticate data" is all that Node says, without a code.
    return undefined;
  }
}

function nonceOf(count: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(count, 5, 6);
  nonce.writeUInt8(isLast ? 1 : 0, 11);
  return nonce;
}

async function readHeader(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  // Shorter than the part that says the format, it is no backup.
  return size < 18 ? Buffer.alloc(18) : readAt(file, 0, Math.min(headerBytes, size));
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new BackupError('The backup became shorter while it was read.');
    done += bytesRead;
  }
  return buffer;
}
