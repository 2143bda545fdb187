import type { LogHit } from '@cronium/contracts';

/** A piece of a line, and whether it is what was looked for. */
export interface TextPart {
  readonly text: string;
  readonly isHit: boolean;
}

export interface HitLine {
  readonly hit: LogHit;
  readonly parts: readonly TextPart[];
}

/** Hits of one job that follow each other. */
export interface HitGroup {
  readonly first: LogHit;
  readonly lines: readonly HitLine[];
}

/** In the order of the hits; a job whose lines alternate with another's has several groups. */
export function groupsOf(hits: readonly LogHit[]): HitGroup[] {
  const groups: { first: LogHit; lines: HitLine[] }[] = [];
  for (const hit of hits) {
    const line = { hit, parts: partsOf(hit) };
    const last = groups.at(-1);
    if (last?.first.jobId === hit.jobId) last.lines.push(line);
    else groups.push({ first: hit, lines: [line] });
  }
  return groups;
}

export function partsOf({ text, ranges }: Pick<LogHit, 'text' | 'ranges'>): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  for (const [from, to] of ranges) {
    if (from > at) parts.push({ text: text.slice(at, from), isHit: false });
    parts.push({ text: text.slice(from, to), isHit: true });
    at = to;
  }
  if (at < text.length) parts.push({ text: text.slice(at), isHit: false });
  return parts;
}

/** The same search for what begins with its last word; undefined when that is asked for already, or would be no word. */
export function widened(query: string): string | undefined {
  return /(?:^|\s)[^\s"*-][^\s"*]*[\p{L}\p{N}]$/u.test(query) ? `${query}*` : undefined;
}
