import * as z from 'zod';

import { cursorInvalid, parseCursor } from '../http/cursor';
import type { Place } from './block-search';

/** Hits before this line are on earlier pages, and those from it on are not; of its block, what is before it in the log. */
export interface LinePlace extends Place {
  readonly seq: number;
}

/** A `seq` beyond all: nothing of the block was shown. */
const all = 2_147_483_647;
const cursorSchema = z.tuple([z.iso.datetime(), z.guid(), z.int().min(0).max(all), z.int().min(0).max(all)]);

export function encodeCursor({ at, jobId, firstSeq, seq }: LinePlace): string {
  return Buffer.from(JSON.stringify([at.toISOString(), jobId, firstSeq, Math.min(seq, all)])).toString(
    'base64url',
  );
}

/** @throws DomainError when the text is not a cursor of ours */
export function decodeCursor(cursor: string | undefined): LinePlace | undefined {
  if (cursor === undefined) return undefined;
  const parsed = cursorSchema.safeParse(parseCursor(cursor));
  if (!parsed.success) throw cursorInvalid();
  const [at, jobId, firstSeq, seq] = parsed.data;
  return { at: new Date(at), jobId, firstSeq, seq };
}
