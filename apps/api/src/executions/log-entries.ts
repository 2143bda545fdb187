import type { LogEntry } from '@cronium/contracts';

import type { LogChunk } from './job-log-store';

const newline = 0x0a;

/** How many entries some output is: its lines, and the piece behind the last newline if there is one. */
export function countEntries(data: Buffer): number {
  let count = 0;
  let position = 0;
  while (position < data.length) {
    count += 1;
    const end = data.indexOf(newline, position);
    if (end === -1) break;
    position = end + 1;
  }
  return count;
}

/** The entries of a chunk whose `seq` is above `after`, at most `limit`. */
export function toEntries(chunk: LogChunk, after: number, limit: number): LogEntry[] {
  const entries: LogEntry[] = [];
  const at = chunk.at.toISOString();
  let seq = chunk.firstSeq;
  let position = 0;
  while (position < chunk.data.length && entries.length < limit) {
    const end = chunk.data.indexOf(newline, position);
    const next = end === -1 ? chunk.data.length : end + 1;
    if (seq > after)
      entries.push({ seq, stream: chunk.stream, at, text: chunk.data.toString('utf8', position, next) });
    seq += 1;
    position = next;
  }
  return entries;
}
