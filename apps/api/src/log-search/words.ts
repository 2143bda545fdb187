/** A word of a text: its form for comparing, and where it stands. */
export interface Word {
  readonly form: string;
  readonly start: number;
  readonly end: number;
}

/** Of longer words the index has the beginning. In UTF-16 code units. */
const longest = 64;

/** Scripts that are written without spaces: each of their letters is a word, and what stands side by side is found as a phrase. */
const unspaced = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('');
const anyWord = new RegExp(`[${unspaced}]|[[\\p{L}\\p{N}\\p{M}]--[${unspaced}]]+`, 'gv');
/** Most lines have nothing else, and are read several times faster so. */
const plainWord = /[0-9A-Za-z]+/g;
const plainSmallWord = /[0-9a-z]+/g;
const shortNumber = /^\d{1,5}$/;
/** Not of a longer word. */
const dottedNumbers = /(?<![\p{L}\p{N}\p{M}])([0-9]{1,5})\.(?=([0-9]{1,5})(?![\p{L}\p{N}\p{M}]))/gu;
const beyondAscii = /[^\x00-\x7f]/;

export function isAscii(text: string): boolean {
  return !beyondAscii.test(text);
}

/** Runs of letters and digits; whatever else stands between them does not count, nor does upper or lower case. */
export function wordsOf(text: string): Word[] {
  const isPlain = isAscii(text);
  return Array.from(text.matchAll(isPlain ? plainWord : anyWord), ({ 0: word, index }) => ({
    form: isPlain ? word.toLowerCase() : formOf(word),
    start: index,
    end: index + word.length,
  }));
}

/** What the index has of a text, each once: its words, and of numbers that a dot joins each two. */
export function indexedWordsOf(text: string): Set<string> {
  const words = isAscii(text)
    ? (text.toLowerCase().match(plainSmallWord) ?? [])
    : (text.match(anyWord) ?? []).map(formOf);
  const found = new Set(words.map(indexed));
  for (const [, one = '', other = ''] of text.matchAll(dottedNumbers)) found.add(dotted(one, other));
  return found;
}

/** Numbers of an address are each in many lines, two of them side by side in few. */
export function dotted(one: string, other: string): string {
  return `${one}.${other}`;
}

/** Whether the index has two words that a dot joins. */
export function isDotted(one: string, other: string): boolean {
  return shortNumber.test(one) && shortNumber.test(other);
}

/** What the index has of a word. */
export function indexed(form: string): string {
  if (form.length <= longest) return form;
  const cut = form.slice(0, longest);
  // Not half of a surrogate pair.
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}

/** Ways to write the same character are the same. */
function formOf(word: string): string {
  return word.normalize('NFKC').toLowerCase();
}
