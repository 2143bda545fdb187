import type { Page } from '@cronium/contracts';
import * as z from 'zod';

import { DomainError } from './domain-error';

/** A place in a list ordered by an instant and, among equals, by id. */
export interface Position {
  readonly at: Date;
  readonly id: string;
}

const cursorSchema = z.tuple([z.iso.datetime(), z.uuid()]);

/** @throws DomainError when the text is not a cursor of ours */
export function decodeCursor(cursor: string | undefined): Position | undefined {
  if (cursor === undefined) return undefined;
  const parsed = cursorSchema.safeParse(parseCursor(cursor));
  if (!parsed.success) throw cursorInvalid();
  const [at, id] = parsed.data;
  return { at: new Date(at), id };
}

/** What a cursor holds, whatever list it is of; undefined when it is none. */
export function parseCursor(cursor: string): unknown {
  return parseJson(Buffer.from(cursor, 'base64url').toString('utf8'));
}

export function cursorInvalid(): DomainError {
  return new DomainError(
    'invalid',
    'cursor_invalid',
    'The cursor is not one of this list. Start without a cursor.',
    [{ path: 'query.cursor', message: 'Take `nextCursor` of the page before, or leave it out.' }],
  );
}

/** Cuts the one row too many that tells whether there is a next page. */
export function toPage<T>(rows: T[], limit: number, positionOf: (row: T) => Position): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  if (rows.length <= limit || !last) return { items, nextCursor: null };
  const { at, id } = positionOf(last);
  return { items, nextCursor: Buffer.from(JSON.stringify([at.toISOString(), id])).toString('base64url') };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a SyntaxError: not a cursor
  }
}
