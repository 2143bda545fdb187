/** Shorter values are not masked: they are found in ordinary text, and a log full of bullets tells nobody anything. In characters. */
export const shortestSecret = 4;

/** One way in which a secret may be printed. Found by its head; what follows the head is masked for as long as it goes on as `rest` does. */
export interface SecretForm {
  /** 4 to 128 bytes. */
  readonly head: Buffer;
  /** Made only when the head was found: a long secret has two dozen long forms. */
  readonly rest: () => Buffer;
}

/** In characters of a value and in bytes of a head: bounds what is searched for, whatever the length of the secrets. */
const headLength = 128;

/** @param complete false: only what is the same whatever is printed behind the text */
type Encoding = (text: string, complete: boolean) => string;

const unreserved = 'A-Za-z0-9._~\\-';
/** Bytes that stay as they are: RFC 3986 (Python's `quote` with `safe=''`), `quote` itself, encodeURIComponent and jq's `@uri`, HTML forms. */
const percentKeeps = [
  new RegExp(`[${unreserved}]`),
  new RegExp(`[${unreserved}/]`),
  new RegExp(`[${unreserved}!'()*]`),
  /[A-Za-z0-9._*-]/,
];

/** Columns at which coreutils' `base64` and Python's `encodebytes`, and openssl, break lines. */
const wraps = [76, 64];

const encodings: readonly Encoding[] = [
  (text) => text,
  (text) => jsonOf(text),
  (text) => jsonOf(text).replaceAll('/', '\\/'),
  (text) => asciiOf(jsonOf(text)),
  ...percentKeeps.flatMap((keep) => [percent(keep, '%20'), percent(keep, '+')]),
  ...percentKeeps.flatMap((keep) => [lowerHex(percent(keep, '%20')), lowerHex(percent(keep, '+'))]),
  ...[0, 1, 2].flatMap((before) => [base64(before), urlSafe(base64(before))]),
  ...wraps.map((columns) => wrapped(base64(0), columns)),
];

/** The forms of one secret value; none when it is too short. */
export function formsOf(value: string): SecretForm[] {
  // What a shell takes off: `$(…)` drops the newline that a pasted secret often ends with.
  const texts = [...new Set([value, value.trim()])].filter((text) => text.length >= shortestSecret);
  return texts.flatMap((text) => encodings.map((encode) => formOf(text, encode)));
}

function formOf(text: string, encode: Encoding): SecretForm {
  const beginning =
    text.length > headLength ? text.slice(0, headLength).replace(/[\uD800-\uDBFF]$/, '') : text;
  const head = bytesOf(encode(beginning, false)).subarray(0, headLength);
  return { head, rest: () => bytesOf(encode(text, true)).subarray(head.length) };
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

function jsonOf(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** As Python's json.dumps writes. */
function asciiOf(text: string): string {
  return text.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function percent(keep: RegExp, space: string): Encoding {
  const codes = Array.from({ length: 256 }, (_, byte) => {
    const character = String.fromCharCode(byte);
    if (character === ' ') return space;
    if (byte < 0x80 && keep.test(character)) return character;
    return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return (text) => {
    let encoded = '';
    for (const byte of Buffer.from(text, 'utf8')) encoded += codes[byte] ?? '';
    return encoded;
  };
}

function lowerHex(encode: Encoding): Encoding {
  return (text, complete) => encode(text, complete).replace(/%../g, (code) => code.toLowerCase());
}

/**
 * Base64 of the text where it stands behind other text, whose length modulo 3 is `before`. Digits that also depend on a neighbour are left
 * out at the beginning, and at the end unless `complete`: then with the last digit and the padding.
 */
function base64(before: number): Encoding {
  return (text, complete) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text, 'utf8')]);
    const own = complete ? undefined : Math.floor((bytes.length * 8) / 6);
    return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), own);
  };
}

function urlSafe(encode: Encoding): Encoding {
  return (text, complete) => encode(text, complete).replaceAll('+', '-').replaceAll('/', '_');
}

function wrapped(encode: Encoding, columns: number): Encoding {
  const line = new RegExp(`.{${columns}}(?=.)`, 'g');
  return (text, complete) => encode(text, complete).replace(line, '$&\n');
}
