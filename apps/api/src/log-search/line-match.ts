import type { Phrase, SearchQuery, SoughtWord } from './search-query';
import { isAscii, type Word, wordsOf } from './words';

/** From and to in a text, in UTF-16 code units as JavaScript counts. */
export type Range = [number, number];

const mostRanges = 50;
/** A longer line is shown around its first hit. */
const longestText = 500;
const before = 120;

/** Where the line has what is asked for, in order; undefined when it does not match. */
export function matchLine(text: string, { wanted, unwanted }: SearchQuery): Range[] | undefined {
  if (lacksSomething(text, wanted)) return undefined;
  const words = wordsOf(text);
  const found: Range[] = [];
  for (const phrase of wanted) {
    const places = placesOf(text, words, phrase);
    if (places.length === 0) return undefined;
    found.push(...places);
  }
  if (unwanted.some((phrase) => placesOf(text, words, phrase).length > 0)) return undefined;
  return merged(found).slice(0, mostRanges);
}

/** Cuts a line around its first hit; the ranges follow. */
export function cutAround(text: string, ranges: readonly Range[]): { text: string; ranges: Range[] } {
  if (text.length <= longestText) return { text, ranges: [...ranges] };
  const first = ranges[0]?.[0] ?? 0;
  const from = whole(text, Math.max(0, Math.min(first - before, text.length - longestText)));
  const to = whole(text, Math.min(text.length, from + longestText));
  const head = from > 0 ? '…' : '';
  const kept = ranges
    .filter(([start]) => start < to)
    .map(([start, end]): Range => [start - from + head.length, Math.min(end, to) - from + head.length]);
  return { text: `${head}${text.slice(from, to)}${to < text.length ? '…' : ''}`, ranges: kept };
}

/** Most lines of a block lack a word: that is seen faster than it is found where the others stand. */
function lacksSomething(text: string, wanted: readonly Phrase[]): boolean {
  if (!isAscii(text)) return false;
  const small = text.toLowerCase();
  return wanted.some((phrase) => phrase.some(({ form }) => !small.includes(form)));
}

function placesOf(text: string, words: readonly Word[], phrase: Phrase): Range[] {
  const places: Range[] = [];
  for (let at = 0; at + phrase.length <= words.length; at += 1) {
    if (!phrase.every((sought, offset) => isSought(text, words, at + offset, sought))) continue;
    places.push([words[at]?.start ?? 0, words[at + phrase.length - 1]?.end ?? 0]);
  }
  return places;
}

function isSought(
  text: string,
  words: readonly Word[],
  at: number,
  { form, isPrefix, signs }: SoughtWord,
): boolean {
  const word = words[at];
  if (word === undefined || !(isPrefix ? word.form.startsWith(form) : word.form === form)) return false;
  return signs === undefined || text.slice(words[at - 1]?.end, word.start) === signs;
}

function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const [start, end] of [...ranges].sort(([one], [other]) => one - other)) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** Not between the halves of a surrogate pair. */
function whole(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text.charAt(at)) && at > 0 ? at - 1 : at;
}
