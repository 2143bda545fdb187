import { SecretSearch } from './secret-search';
import { maskText, StreamMask } from './stream-mask';

function streamFor(secrets: readonly string[]): StreamMask {
  const search = SecretSearch.for(secrets);
  if (!search) throw new Error('There is nothing to look for.');
  return new StreamMask(search);
}

/** What comes of pieces that are all seen before the first is given out. */
function masked(secrets: readonly string[], ...pieces: (string | Buffer)[]): string {
  const stream = streamFor(secrets);
  const buffers = pieces.map((piece) => Buffer.from(piece as string));
  buffers.forEach((buffer) => stream.scan(buffer));
  let start = 0;
  const parts = buffers.map((buffer) => {
    start += buffer.length;
    return stream.apply(buffer, start - buffer.length);
  });
  return Buffer.concat(parts).toString();
}

describe('StreamMask', () => {
  it('masks every occurrence, and gives the same buffer back when there is none', () => {
    expect(masked(['hunter2'], 'hunter2 b hunter2hunter2')).toBe(`${maskText} b ${maskText}${maskText}`);
    const data = Buffer.from('nothing here');
    const stream = streamFor(['hunter2']);
    stream.scan(data);
    expect(stream.apply(data, 0)).toBe(data);
  });

  it('masks the whole of secrets that overlap, or hold one another', () => {
    expect(masked(['pass', 'password'], 'a password, a pass')).toBe(`a ${maskText}, a ${maskText}`);
    expect(masked(['abcd', 'cdef'], '-abcdef-')).toBe(`-${maskText}-`);
    expect(masked(['bcde', 'abcdefgh'], 'abcdefgh bcdefgh')).toBe(`${maskText} ${maskText}fgh`);
  });

  it('takes what looks like a beginning for text when it does not go on', () => {
    expect(masked(['aaab'], 'aaaaaab aab')).toBe(`aaa${maskText} aab`);
    expect(masked(['abcabd'], 'abcabcabd')).toBe(`abc${maskText}`);
  });

  it('masks it wherever the output is cut', () => {
    const text = 'my hunter2 is out';
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(masked(['hunter2'], text.slice(0, cut), text.slice(cut))).toBe(`my ${maskText} is out`);
    }
    expect(masked(['hunter2'], ...Array.from(text))).toBe(`my ${maskText} is out`);
  });

  it('knows up to where it is sure', () => {
    const settledAfter = (text: string) => {
      const stream = streamFor(['hunter2']);
      stream.scan(Buffer.from(text));
      return stream.settled;
    };
    expect(['', 'text', 'text hunt', 'hhh', 'hunter2', 'hunter2\n'].map(settledAfter)).toEqual([
      0, 4, 5, 2, 0, 8,
    ]);
  });

  it('masks the rest when the beginning is out already', () => {
    const stream = streamFor(['hunter2']);
    const [first, second] = [Buffer.from('my hun'), Buffer.from('ter2 is out')];
    stream.scan(first);
    expect(stream.apply(first, 0).toString()).toBe('my hun');
    stream.scan(second);
    expect(stream.apply(second, first.length).toString()).toBe(`${maskText} is out`);
  });

  describe('with a secret longer than what is searched for', () => {
    const long = Array.from({ length: 900 }, (_, index) => index.toString(36)).join('');

    it.each([
      ['itself', long],
      ['Base64', Buffer.from(long).toString('base64')],
      ['Base64 in lines', Buffer.from(long).toString('base64').replace(/.{76}/g, '$&\n')],
      ['a URL', encodeURIComponent(`${long}/é`)],
    ])('masks all of %s, in one piece and in many', (_, text) => {
      const secrets = [long, `${long}/é`];
      expect(masked(secrets, `a ${text} b`)).toBe(`a ${maskText} b`);
      const pieces = `a ${text} b`.match(/[^]{1,7}/g) ?? [];
      expect(masked(secrets, ...pieces)).toBe(`a ${maskText} b`);
    });

    it('masks the beginning as far as it goes', () => {
      expect(masked([long], `${long.slice(0, 700)}!${long}`)).toBe(`${maskText}!${maskText}`);
    });

    it('begins anew in the midst of a repetition', () => {
      const secret = `${'ab'.repeat(100)}X${'cd'.repeat(100)}`;
      expect(masked([secret], `ababab${secret}!`).endsWith(`${maskText}!`)).toBe(true);
      expect(masked([secret], `ababab${secret}!`)).not.toContain('cd');
    });
  });

  it('finds what a plain search finds, in any text and any pieces', () => {
    // A generator with a seed (mulberry32): the same cases in each run.
    let seed = 42;
    const random = (below: number) => {
      seed = (seed + 0x6d2b79f5) | 0;
      let bits = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
      return ((bits ^ (bits >>> 14)) >>> 0) % below;
    };
    const word = (length: number) => Array.from({ length }, () => 'abc-'[random(4)]).join('');
    for (let round = 0; round < 300; round += 1) {
      const secrets = Array.from({ length: 1 + random(4) }, () => word(4 + random(4)));
      const text = word(random(60));
      const covered = Array.from(text, (_, at) =>
        secrets.some((secret) =>
          Array.from({ length: secret.length }, (__, back) => at - back).some(
            (start) => start >= 0 && text.startsWith(secret, start),
          ),
        ),
      );
      const pieces: string[] = [];
      for (let at = 0; at < text.length;) {
        const length = 1 + random(7);
        pieces.push(text.slice(at, at + length));
        at += length;
      }
      const plain = Array.from(text)
        .filter((_, at) => !covered[at])
        .join('');
      expect([secrets, text, masked(secrets, ...pieces).replaceAll(maskText, '')]).toEqual([
        secrets,
        text,
        plain,
      ]);
    }
  });

  it('takes no longer for output that is made to be slow', () => {
    const stream = streamFor(['a'.repeat(60_000), `${'a'.repeat(60_000)}b`, `${'a'.repeat(126)}b`]);
    const data = Buffer.alloc(65_536, 'a');
    const before = process.cpuUsage();
    for (let piece = 0; piece < 16; piece += 1) {
      const start = stream.length;
      stream.scan(data);
      stream.apply(data, start);
    }
    const { user, system } = process.cpuUsage(before);
    // A quadratic search takes minutes for this megabyte; this one a fraction of a second.
    expect((user + system) / 1e6).toBeLessThan(15);
  });
});
