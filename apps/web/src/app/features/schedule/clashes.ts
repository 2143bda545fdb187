import type { Upcoming, UpcomingEvent } from '@cronium/contracts';

/** Why a run may have to wait: others start on the same server in the same minute. */
export interface Clash {
  /** More than the server runs at one time. */
  readonly tooMany: boolean;
  readonly text: string;
}

export interface Clashes {
  of(event: UpcomingEvent, at: number): Clash | null;
}

interface Place {
  readonly id: string;
  readonly name: string;
  /** Null when it is not known. */
  readonly maxConcurrentJobs: number | null;
}

const minute = 60_000;
/** Events that a text names; with more it says how many. */
const named = 5;

/** Finds runs that start on the same server in the same minute. Those of paused events, and those that are only counted, are left out. */
export function clashesOf({ events, servers }: Upcoming): Clashes {
  const known = new Map<string, Place>(servers.map((server) => [server.id, server]));
  const starting = new Map<string, { place: Place; events: UpcomingEvent[] }>();
  for (const event of events.filter(({ paused }) => !paused)) {
    for (const place of placesOf(event, known)) {
      for (const run of event.runs) {
        const key = keyOf(place, Date.parse(run));
        const group = starting.get(key) ?? { place, events: [] };
        group.events.push(event);
        starting.set(key, group);
      }
    }
  }
  return {
    of(event, at) {
      if (event.paused) return null;
      const clashes = placesOf(event, known).flatMap((place) => {
        const group = starting.get(keyOf(place, at));
        return group && new Set(group.events).size > 1 ? [toClash(group)] : [];
      });
      return clashes.find(({ tooMany }) => tooMany) ?? clashes[0] ?? null;
    },
  };
}

/** Where a run surely takes a place: of strategies that choose a server when it starts, it is not known. */
function placesOf(event: UpcomingEvent, known: ReadonlyMap<string, Place>): Place[] {
  const { servers, serverTag, targetStrategy } = event;
  if (serverTag !== null) {
    return [{ id: `tag ${serverTag}`, name: `servers with the tag “${serverTag}”`, maxConcurrentJobs: null }];
  }
  const isChosenLater = targetStrategy === 'any' || targetStrategy === 'round_robin';
  if (isChosenLater && servers.length > 1) return [];
  const used = targetStrategy === 'failover' ? servers.slice(0, 1) : servers;
  return used.map(({ id, name }) => known.get(id) ?? { id, name, maxConcurrentJobs: null });
}

function toClash({ place, events }: { place: Place; events: readonly UpcomingEvent[] }): Clash {
  const limit = place.maxConcurrentJobs;
  const tooMany = limit !== null && events.length > limit;
  const names = [...new Set(events.map(({ name }) => `“${name}”`))];
  const more = names.length > named ? ` and ${names.length - named} more` : '';
  const what = `${events.length} runs start on ${place.name} in this minute: ${names.slice(0, named).join(', ')}${more}.`;
  return {
    tooMany,
    text: tooMany ? `${what} It runs ${limit} at one time; the others wait.` : what,
  };
}

const keyOf = ({ id }: Place, at: number) => `${id} ${Math.floor(at / minute)}`;
