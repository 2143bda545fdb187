import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { headerBytes, tagBytes } from './header';
import { openSealed, requireReadable, sealStream } from './sealed-stream';

const chunk = 64 * 1024;
const step = chunk + tagBytes;

describe('a sealed file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-sealed-'));
  const path = join(folder, 'file');
  afterAll(() => rmSync(folder, { recursive: true }));

  const seal = async (pieces: readonly Buffer[], passphrase = 'open sesame') => {
    await pipeline(Readable.from(pieces), await sealStream(passphrase), createWriteStream(path));
    return readFileSync(path);
  };
  const open = async (passphrase = 'open sesame'): Promise<Buffer> => {
    const opened: Buffer[] = [];
    for await (const plain of openSealed(path, passphrase)) opened.push(plain);
    return Buffer.concat(opened);
  };

  it.each([
    ['nothing', []],
    ['a byte', [1]],
    ['a whole chunk', [chunk]],
    ['a byte more than a chunk', [chunk + 1]],
    ['three chunks at once', [3 * chunk]],
    ['pieces of all lengths', [10, chunk - 10, 5, 2 * chunk, 7, chunk]],
  ])('gives back %s', async (_, lengths) => {
    const pieces = lengths.map((length) => randomBytes(length));
    const sealed = await seal(pieces);
    const plain = Buffer.concat(pieces);
    expect(await open()).toEqual(plain);
    expect(sealed).toHaveLength(
      headerBytes + plain.length + Math.max(1, Math.ceil(plain.length / chunk)) * tagBytes,
    );
  });

  it('tells nothing of what is in it, and is another each time', async () => {
    const plain = Buffer.alloc(1000, 'secret');
    const [first, second] = [await seal([plain]), await seal([plain])];
    expect(first.includes('secret')).toBe(false);
    expect(first.subarray(headerBytes)).not.toEqual(second.subarray(headerBytes));
  });

  it('takes a passphrase however its letters are composed, and no other', async () => {
    await seal([Buffer.from('x')], 'Köln'.normalize('NFD'));
    expect(await open('Köln'.normalize('NFC'))).toEqual(Buffer.from('x'));
    await expect(open('Koln')).rejects.toThrow(/passphrase is wrong/);
  });

  describe('that was changed', () => {
    let sealed: Buffer;
    beforeAll(async () => {
      sealed = await seal([randomBytes(3 * chunk + 100)]);
    });

    const chunkAt = (index: number) =>
      sealed.subarray(headerBytes + index * step, headerBytes + (index + 1) * step);
    const flipped = (position: number): Buffer => {
      const copy = Buffer.from(sealed);
      copy.writeUInt8(copy.readUInt8(position) ^ 1, position);
      return copy;
    };

    it.each<[string, () => Buffer, RegExp]>([
      ['in its first chunk', () => flipped(headerBytes), /damaged within .* from byte 76 on/],
      ['in the tag of a chunk', () => flipped(headerBytes + 2 * step - 1), /damaged within/],
      ['in its last byte', () => flipped(sealed.length - 1), /damaged at its end/],
      ['in its salt', () => flipped(30), /first bytes of the backup are damaged/],
      ['in its cost', () => flipped(18), /first bytes of the backup are damaged/],
      ['in its first byte', () => flipped(0), /not a backup of Cronium/],
      ['by a cut within a chunk', () => sealed.subarray(0, -50), /cut short/],
      ['by a cut between chunks', () => sealed.subarray(0, headerBytes + 2 * step), /cut short/],
      ['by a cut after the header', () => sealed.subarray(0, headerBytes), /cut short/],
      ['by a cut within the header', () => sealed.subarray(0, 40), /cut short/],
      ['to nothing', () => Buffer.alloc(0), /not a backup of Cronium/],
      [
        'by more at its end',
        () => Buffer.concat([sealed, Buffer.alloc(9)]),
        /cut short, or damaged at its end/,
      ],
      [
        'by chunks in another order',
        () =>
          Buffer.concat([sealed.subarray(0, headerBytes), chunkAt(1), chunkAt(0), chunkAt(2), chunkAt(3)]),
        /damaged within .* from byte 76 on/,
      ],
      [
        'by a chunk that is left out',
        () => Buffer.concat([sealed.subarray(0, headerBytes), chunkAt(0), chunkAt(2), chunkAt(3)]),
        /damaged within/,
      ],
    ])('%s does not open', async (_, change, message) => {
      writeFileSync(path, change());
      await expect(open()).rejects.toThrow(message);
    });

    it('to a newer format says so before it asks for a passphrase', async () => {
      const newer = Buffer.from(sealed);
      newer.writeUInt16BE(2, 16);
      writeFileSync(path, newer);
      await expect(requireReadable(path)).rejects.toThrow(/has format 2, and this Cronium reads up to 1/);
      await expect(open()).rejects.toThrow(/has format 2/);
    });
  });
});
