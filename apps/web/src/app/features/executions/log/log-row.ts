import { cssColour, parseAnsi, type AnsiSpan } from '../../../shared/ansi/ansi';
import type { LogLine } from './log-buffer';

/** A run of text in a row, ready for the template. */
export interface RowSpan {
  readonly text: string;
  readonly hit: boolean;
  readonly classes: string;
  readonly colour: string | null;
  readonly background: string | null;
}

export interface LogRow {
  readonly line: LogLine;
  readonly spans: readonly RowSpan[];
}

function looks(span: AnsiSpan): Omit<RowSpan, 'text' | 'hit'> {
  const { style } = span;
  const classes = [
    style.bold && 'bold',
    style.dim && 'dim',
    style.italic && 'italic',
    style.underline && 'underline',
    style.strike && 'strike',
  ];
  let colour = style.foreground === null ? null : cssColour(style.foreground);
  let background = style.background === null ? null : cssColour(style.background);
  if (style.inverse) [colour, background] = [background ?? 'var(--surface-sunken)', colour ?? 'var(--text)'];
  return { classes: classes.filter((name) => name !== false).join(' '), colour, background };
}

/** Where the query stands in the plain text, as pairs of start and end. */
function hitsIn(text: string, query: string): [number, number][] {
  const hits: [number, number][] = [];
  if (query === '') return hits;
  const haystack = text.toLowerCase();
  const needle = query.toLowerCase();
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + needle.length)) {
    hits.push([at, at + needle.length]);
  }
  return hits;
}

/** A line with its colours, and the places that match the search. */
export function toRow(line: LogLine, query: string): LogRow {
  const parsed = parseAnsi(line.text, line.startStyle);
  const hits = hitsIn(parsed.map((span) => span.text).join(''), query);
  const spans: RowSpan[] = [];
  let offset = 0;
  for (const span of parsed) {
    const look = looks(span);
    const end = offset + span.text.length;
    let from = offset;
    for (const [start, stop] of hits) {
      if (stop <= offset || start >= end) continue;
      const [hitFrom, hitTo] = [Math.max(start, offset), Math.min(stop, end)];
      if (hitFrom > from)
        spans.push({ ...look, text: span.text.slice(from - offset, hitFrom - offset), hit: false });
      spans.push({ ...look, text: span.text.slice(hitFrom - offset, hitTo - offset), hit: true });
      from = hitTo;
    }
    if (from < end) spans.push({ ...look, text: span.text.slice(from - offset), hit: false });
    offset = end;
  }
  return { line, spans };
}
