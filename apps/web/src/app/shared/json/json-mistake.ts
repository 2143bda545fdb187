/** Where a text stops being JSON, counted from 1, and what is wrong there. */
export interface JsonMistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** The first mistake of a text that should be JSON; null when it is. Browsers say it in their own words, and not all say where. */
export function jsonMistake(text: string): JsonMistake | null {
  try {
    new JsonReader(text).readAll();
    return null;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const lines = text.slice(0, error.at).split('\n');
    return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1, message: error.message };
  }
}

class Mistake extends Error {
  constructor(
    readonly at: number,
    message: string,
  ) {
    super(message);
  }
}

const space = /[ \t\n\r]*/y;
const number = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const word = /[A-Za-z_$][\w$]*/y;

const stringPart = /[^"\\\u0000-\u001f]*(\\(["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;

/** Follows the grammar of RFC 8259, and keeps nothing. */
class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  readAll(): void {
    this.value();
    this.skipSpace();
    if (this.at < this.text.length) throw new Mistake(this.at, 'nothing more may follow');
  }

  private value(): void {
    this.skipSpace();
    const next = this.text[this.at];
    if (next === '{') this.list('}', () => this.member());
    else if (next === '[') this.list(']', () => this.value());
    else if (next === '"') this.string();
    else this.wordOrNumber();
  }

  private list(end: '}' | ']', item: () => void): void {
    this.at += 1;
    if (this.takes(end)) return;
    do item();
    while (this.takes(','));
    if (!this.takes(end)) throw new Mistake(this.at, `expected “,” or “${end}”`);
  }

  private member(): void {
    this.skipSpace();
    if (this.text[this.at] !== '"') throw new Mistake(this.at, 'expected a name in double quotes');
    this.string();
    if (!this.takes(':')) throw new Mistake(this.at, 'expected “:” after the name');
    this.value();
  }

  private string(): void {
    const start = this.at;
    this.at += 1;
    this.match(stringPart);
    const end = this.text[this.at];
    if (end === '"') this.at += 1;
    else if (end === '\\') throw new Mistake(this.at, 'this is no escape of JSON');
    else if (end === undefined) throw new Mistake(start, 'the text in quotes has no end');
    else throw new Mistake(this.at, 'write a line break or tab in quotes as \\n or \\t');
  }

  private wordOrNumber(): void {
    const start = this.at;
    if (this.match(number) !== '') return;
    const found = this.match(word);
    if (found === 'true' || found === 'false' || found === 'null') return;
    if (found !== '') throw new Mistake(start, `“${found}” needs double quotes around it`);
    if (start >= this.text.length) throw new Mistake(start, 'a value is missing at the end');
    throw new Mistake(start, `expected a value instead of “${this.text[start] ?? ''}”`);
  }

  private takes(character: string): boolean {
    this.skipSpace();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private skipSpace(): void {
    this.match(space);
  }

  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}
