import { begunPrecedence } from './precedence';

/** A queued job that may be admitted. */
export interface Candidate {
  readonly id: string;
  readonly executionId: string;
  readonly precedence: number;
}

/** The jobs of one event of one owner that wait for one server, the first to go first; as many as there are places at most. */
export interface Lane {
  readonly ownerId: string;
  readonly eventId: string;
  readonly candidates: readonly Candidate[];
}

/** What an owner has of a server. */
export interface Share {
  readonly places: number;
  /** When a job of theirs got a place there last, in milliseconds since the epoch; 0 when none did. */
  readonly lastAt: number;
}

/** A server with places left. */
export interface Room {
  readonly serverId: string;
  readonly places: number;
  readonly lanes: readonly Lane[];
  /** What each owner has there. */
  readonly shares: ReadonlyMap<string, Share>;
}

/** How many more an owner may have, in jobs, or an event, in executions. */
export interface Allowances {
  readonly owners: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
}

/**
 * Which jobs get a place. On each server the owner who has the fewest places there is next, of several the one whose last turn is longest ago, so that
 * nobody waits behind all that another has queued; among the jobs of one owner the highest precedence goes first, then the oldest. No server, owner or event gets more than it
 * may have. An execution that has begun holds its event's place already.
 *
 * @returns ids of jobs, in the order in which they were chosen
 */
export function chooseJobs(rooms: readonly Room[], allowances: Allowances): string[] {
  const left = { owners: new Map(allowances.owners), events: new Map(allowances.events) };
  const begun = new Set<string>();
  return rooms.flatMap((room) => chooseIn(room, left, begun));
}

interface Left {
  readonly owners: Map<string, number>;
  readonly events: Map<string, number>;
}

function chooseIn(room: Room, left: Left, begun: Set<string>): string[] {
  const shares = new Map(room.shares);
  const waiting = room.lanes.map((lane) => ({ lane, candidates: [...lane.candidates] }));
  const chosen: string[] = [];
  const hasBegun = ({ precedence, executionId }: Candidate): boolean =>
    precedence === begunPrecedence || begun.has(executionId);
  while (chosen.length < room.places) {
    let best: Turn | undefined;
    for (const { lane, candidates } of waiting) {
      if ((left.owners.get(lane.ownerId) ?? Infinity) <= 0) continue;
      const isFull = (left.events.get(lane.eventId) ?? Infinity) <= 0;
      const candidate = isFull ? candidates.find(hasBegun) : candidates[0];
      if (!candidate) continue;
      const turn = {
        lane,
        candidates,
        candidate,
        share: shares.get(lane.ownerId) ?? { places: 0, lastAt: 0 },
      };
      if (!best || goesBefore(turn, best)) best = turn;
    }
    if (!best) break;
    const { lane, candidates, candidate } = best;
    candidates.splice(candidates.indexOf(candidate), 1);
    chosen.push(candidate.id);
    shares.set(lane.ownerId, { places: best.share.places + 1, lastAt: Infinity });
    reduce(left.owners, lane.ownerId);
    if (!hasBegun(candidate)) reduce(left.events, lane.eventId);
    begun.add(candidate.executionId);
  }
  return chosen;
}

interface Turn {
  readonly lane: Lane;
  readonly candidates: Candidate[];
  readonly candidate: Candidate;
  readonly share: Share;
}

function goesBefore(one: Turn, other: Turn): boolean {
  if (one.lane.ownerId === other.lane.ownerId && one.candidate.precedence !== other.candidate.precedence) {
    return one.candidate.precedence > other.candidate.precedence;
  }
  if (one.share.places !== other.share.places) return one.share.places < other.share.places;
  if (one.share.lastAt !== other.share.lastAt) return one.share.lastAt < other.share.lastAt;
  // UUID v7 ids rise with time.
  return one.candidate.id < other.candidate.id;
}

function reduce(counts: Map<string, number>, key: string): void {
  const count = counts.get(key);
  if (count !== undefined) counts.set(key, count - 1);
}
