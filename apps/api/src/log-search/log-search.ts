import type { LogHit, LogHitPage, LogSearchQuery } from '@cronium/contracts';
import type { EntityManager } from 'typeorm';

import { findBlocks, type FoundBlock, type FoundJob, type Place, readLines } from './block-search';
import { blockMs } from './blocks';
import { inState, ofEvent, ofOwner, ofServer, ofStream, timesWithin } from './facets';
import { cutAround, matchLine } from './line-match';
import type { Line } from './log-lines';
import { decodeCursor, encodeCursor, type LinePlace } from './search-cursor';
import { type SearchQuery, toTsQuery } from './search-query';
import { timeWindows, type TimeWindow } from './time-windows';

/** Then it answers with what it has, in milliseconds. */
const patienceMs = 200;
/** Blocks that are found at once, and of which the lines are read at once: few first, since a page often needs no more. */
const found = { first: 64, most: 1024 };
const read = { first: 8, most: 32 };
/** Blocks may be from clocks that are ahead. */
const aheadMs = 3_600_000;

export interface Asked {
  readonly sought: SearchQuery;
  readonly query: LogSearchQuery;
  /** Whose logs; undefined for everybody's. */
  readonly ownerId: string | undefined;
}

interface Hit extends LinePlace {
  readonly hit: LogHit;
}

/** One page of one search: windows of time from the newest to the oldest, in each the blocks that have the words, of each the lines. */
export class LogSearch {
  private readonly begin = performance.now();
  private readonly after: LinePlace | undefined;
  private readonly hits: Hit[] = [];
  /** Everything before, in the order of hits, has been looked at. */
  private reached: LinePlace | undefined;
  private readSize = read.first;

  constructor(
    private readonly transaction: EntityManager,
    private readonly asked: Asked,
  ) {
    this.after = decodeCursor(asked.query.cursor);
  }

  async page(): Promise<LogHitPage> {
    const { from, to } = this.asked.query;
    const oldest = from === undefined ? undefined : new Date(from);
    const newest = to === undefined ? Date.now() + aheadMs : Date.parse(to) + blockMs;
    const end = Math.min(newest, this.after ? this.after.at.getTime() + 1 : Infinity);
    for (const window of timeWindows(oldest, new Date(end))) {
      if (!(await this.searchWindow(window))) return this.unfinished();
      const isLast = window.from.getTime() <= (oldest?.getTime() ?? 0);
      if (this.isLate && !isLast) return this.unfinished();
    }
    return this.answer(null);
  }

  /** False when the page is full or the time is over. */
  private async searchWindow(window: TimeWindow): Promise<boolean> {
    const { asked } = this;
    const sought = { ...asked, window, tsQuery: toTsQuery(asked.sought, this.facets(window)) };
    let from: Place | undefined = this.after;
    for (let limit = found.first; ; limit = Math.min(2 * limit, found.most)) {
      const blocks = await findBlocks(this.transaction, sought, from, limit + 1);
      if (!(await this.searchBlocks(blocks.slice(0, limit)))) return false;
      from = blocks[limit];
      if (from === undefined) break;
      if (this.isLate) {
        this.reached = { ...from, seq: Infinity };
        return false;
      }
    }
    this.reached = { at: window.from, jobId: zeros, firstSeq: 0, seq: 0 };
    return true;
  }

  private async searchBlocks(blocks: readonly FoundBlock[]): Promise<boolean> {
    const shown = blocks.filter(isShown);
    for (let at = 0; at < shown.length; this.readSize = Math.min(2 * this.readSize, read.most)) {
      const group = shown.slice(at, at + this.readSize);
      const lines = await readLines(this.transaction, group);
      for (const [index, block] of group.entries()) {
        this.searchLines(block, lines[index] ?? []);
        if (this.hits.length > this.asked.query.limit) return false;
      }
      at += group.length;
      const next = shown[at];
      if (next && this.isLate) {
        this.reached = { ...next, seq: Infinity };
        return false;
      }
    }
    return true;
  }

  private searchLines(block: FoundBlock & { job: FoundJob }, lines: readonly Line[]): void {
    const { sought, query } = this.asked;
    const end = this.after && isSame(this.after, block) ? this.after.seq : Infinity;
    for (const line of [...lines].reverse()) {
      if (line.seq >= end) continue;
      if (query.stream !== undefined && line.stream !== query.stream) continue;
      if (query.from !== undefined && line.at < new Date(query.from)) continue;
      if (query.to !== undefined && line.at >= new Date(query.to)) continue;
      const ranges = matchLine(line.text, sought);
      if (!ranges) continue;
      const { at, jobId, firstSeq, job } = block;
      const { seq, stream } = line;
      const hit = {
        ...{ jobId, ...job, stream, seq, at: line.at.toISOString() },
        ...cutAround(line.text, ranges),
      };
      this.hits.push({ at, jobId, firstSeq, seq, hit });
      if (this.hits.length > query.limit) return;
    }
  }

  /** What narrows the blocks in the index. */
  private facets(window: TimeWindow): string[][] {
    const { query, ownerId } = this.asked;
    const times = timesWithin(window.from, window.to);
    return [
      ...(ownerId === undefined ? [] : [[ofOwner(ownerId)]]),
      ...(query.eventId === undefined ? [] : [[ofEvent(query.eventId)]]),
      ...(query.serverId === undefined ? [] : [[ofServer(query.serverId)]]),
      ...(query.state === undefined ? [] : [inState(query.state)]),
      ...(query.stream === undefined ? [] : [[ofStream(query.stream)]]),
      ...(times === undefined ? [] : [times]),
    ];
  }

  private get isLate(): boolean {
    return performance.now() - this.begin > patienceMs;
  }

  private unfinished(): LogHitPage {
    const isFull = this.hits.length > this.asked.query.limit;
    return this.answer(isFull ? this.hits[this.asked.query.limit - 1] : this.reached);
  }

  private answer(place: LinePlace | null | undefined): LogHitPage {
    const items = this.hits.slice(0, this.asked.query.limit).map(({ hit }) => hit);
    // Jobs that wrote at the same time have blocks that overlap.
    items.sort((one, other) => Date.parse(other.at) - Date.parse(one.at));
    return {
      items,
      nextCursor: place ? encodeCursor(place) : null,
      searchedBackTo: place ? place.at.toISOString() : null,
    };
  }
}

const zeros = '00000000-0000-0000-0000-000000000000';

function isShown(block: FoundBlock): block is FoundBlock & { job: FoundJob } {
  return block.job !== null;
}

function isSame(one: Place, other: Place): boolean {
  return (
    one.jobId === other.jobId && one.firstSeq === other.firstSeq && one.at.getTime() === other.at.getTime()
  );
}
