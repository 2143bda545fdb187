import { maxLogSearchWords } from '@cronium/contracts';

import { DomainError } from '../http/domain-error';
import { dotted, indexed, isDotted, wordsOf } from './words';

/** A word that is looked for. */
export interface SoughtWord {
  readonly form: string;
  /** Whatever begins with it. */
  readonly isPrefix: boolean;
  /** What stands between the word before and this one; undefined when it may be anything that is no word. */
  readonly signs: string | undefined;
}

/** Words that stand side by side; at least one. */
export type Phrase = readonly SoughtWord[];

/** What a line must have, and must not have. */
export interface SearchQuery {
  readonly wanted: readonly Phrase[];
  readonly unwanted: readonly Phrase[];
}

/** `-` only where a term begins: in front of a letter, a digit or a quote. */
const term = /(-(?=["\p{L}\p{N}]))?(?:"([^"]*)"?|([^\s"]+))/gu;
const shortestPrefix = 2;

/**
 * Reads what a person typed: `word "exact phrase" prefix* -without`. A term with signs in it, as `10.0.0.1`, is
 * the phrase of its words, with these signs between them.
 *
 * @throws DomainError when there is nothing to look for
 */
export function parseSearch(text: string): SearchQuery {
  const wanted: Phrase[] = [];
  const unwanted: Phrase[] = [];
  for (const [, minus, quoted, plain] of text.matchAll(term)) {
    const phrase = toPhrase(quoted ?? plain ?? '');
    if (phrase.length > 0) (minus === undefined ? wanted : unwanted).push(phrase);
  }
  const words = [...wanted, ...unwanted].flat();
  if (wanted.length === 0) throw refusal('Give at least one word to look for: letters or digits.');
  if (words.length > maxLogSearchWords) throw refusal(`Give at most ${maxLogSearchWords} words.`);
  if (!wanted.flat().some(isIndexed))
    throw refusal(`Give at least ${shortestPrefix} letters or digits before *.`);
  return { wanted, unwanted };
}

/** What a block must have so that a line of it may match, for Postgres. Only what is wanted: another line may have what is not. */
export function toTsQuery({ wanted }: SearchQuery, facets: readonly (readonly string[])[]): string {
  const words = wanted.flatMap((phrase) => [
    ...phrase.filter(isIndexed).map(toLexeme),
    ...dottedIn(phrase).map(quote),
  ]);
  const choices = facets.map((choice) => `(${choice.map(quote).join(' | ')})`);
  return [...new Set(words), ...choices].join(' & ');
}

function toPhrase(text: string): Phrase {
  return wordsOf(text).map(({ form, start, end }, index, words) => {
    const between = text.slice(words[index - 1]?.end ?? start, start);
    const signs = index === 0 || /[\s*]/.test(between) ? undefined : between;
    return { form, isPrefix: text[end] === '*', signs };
  });
}

/** What begins with one letter is nearly everything. */
function isIndexed({ form, isPrefix }: SoughtWord): boolean {
  return !isPrefix || form.length >= shortestPrefix;
}

function toLexeme({ form, isPrefix }: SoughtWord): string {
  const word = indexed(form);
  // The index has no more of it.
  return isPrefix && word === form ? `${quote(word)}:*` : quote(word);
}

function dottedIn(phrase: Phrase): string[] {
  return phrase.flatMap((word, index) => {
    const before = phrase[index - 1];
    const isJoined = before && word.signs === '.' && !before.isPrefix && !word.isPrefix;
    return isJoined && isDotted(before.form, word.form) ? [dotted(before.form, word.form)] : [];
  });
}

function quote(lexeme: string): string {
  return `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function refusal(message: string): DomainError {
  return new DomainError('invalid', 'validation_failed', `query.q: ${message}`, [
    { path: 'query.q', message },
  ]);
}
