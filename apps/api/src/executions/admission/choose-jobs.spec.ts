import { type Candidate, chooseJobs, type Lane, type Room, type Share } from './choose-jobs';
import { begunPrecedence, precedenceOf } from './precedence';

let last = 0;
const job = (precedence = precedenceOf.normal, executionId?: string): Candidate => {
  const id = `job-${String((last += 1)).padStart(5, '0')}`;
  return { id, executionId: executionId ?? `execution of ${id}`, precedence };
};
const jobs = (count: number, precedence?: number) => Array.from({ length: count }, () => job(precedence));
const lane = (ownerId: string, candidates: readonly Candidate[], eventId = `event of ${ownerId}`): Lane => ({
  ...{ ownerId, eventId, candidates },
});
const room = (places: number, lanes: readonly Lane[], shares: Record<string, Share> = {}): Room => ({
  ...{ serverId: `server ${(last += 1)}`, places, lanes, shares: new Map(Object.entries(shares)) },
});
const choose = (
  rooms: readonly Room[],
  owners: Record<string, number> = {},
  events: Record<string, number> = {},
) => chooseJobs(rooms, { owners: new Map(Object.entries(owners)), events: new Map(Object.entries(events)) });
const ids = (candidates: readonly Candidate[]) => candidates.map(({ id }) => id);

describe('chooseJobs', () => {
  it('admits the oldest, as many as there are places', () => {
    const queued = jobs(5);
    expect(choose([room(3, [lane('ada', queued)])])).toEqual(ids(queued.slice(0, 3)));
    expect(choose([room(0, [lane('ada', queued)])])).toEqual([]);
    expect(choose([room(9, [lane('ada', queued)])])).toEqual(ids(queued));
  });

  it('shares the places between owners, however many one of them has queued', () => {
    const many = jobs(1000);
    const one = jobs(1);
    expect(choose([room(2, [lane('ada', many), lane('ben', one)])])).toEqual([many[0]?.id, one[0]?.id]);
    // Who has places already waits for those who have fewer; of those who have as many, who had a turn last.
    const ben = jobs(2);
    const both = [lane('ada', many), lane('ben', ben)];
    const share = (places: number, lastAt: number) => ({ places, lastAt });
    const next = (ada: Share, other: Share) => choose([room(1, both, { ada, ben: other })]);
    expect(next(share(3, 1), share(2, 2))).toEqual([ben[0]?.id]);
    expect(next(share(0, 2), share(0, 1))).toEqual([ben[0]?.id]);
    expect(next(share(0, 1), share(0, 2))).toEqual([many[0]?.id]);
    expect(choose([room(3, both, { ada: share(0, 2), ben: share(0, 1) })])).toEqual([
      ...[ben[0]?.id, many[0]?.id, many[1]?.id],
    ]);
  });

  it('lets no priority pass another owner’s turn, and follows it among the jobs of one', () => {
    const normal = jobs(2);
    const high = jobs(2, precedenceOf.high);
    const ben = jobs(1, precedenceOf.low);
    const lanes = [lane('ada', normal, 'nightly'), lane('ada', high, 'urgent'), lane('ben', ben)];
    expect(choose([room(4, lanes)])).toEqual([high[0]?.id, ben[0]?.id, high[1]?.id, normal[0]?.id]);
  });

  it('admits no more executions of an event than it may have, and goes on with the owner’s other events', () => {
    const single = jobs(3);
    const others = jobs(2);
    const lanes = [lane('ada', single, 'single'), lane('ada', others, 'other')];
    expect(choose([room(9, lanes)], {}, { single: 1 })).toEqual([single[0]?.id, ...ids(others)]);
    expect(choose([room(9, lanes)], {}, { single: 0 })).toEqual(ids(others));
    expect(choose([room(9, lanes)], {}, { single: -2 })).toEqual(ids(others));
  });

  it('counts an execution once, on however many servers, also when its event is full', () => {
    const [one, two] = [job(undefined, 'both'), job(undefined, 'both')];
    const later = job();
    const rooms = [room(1, [lane('ada', [one, later], 'e')]), room(1, [lane('ada', [later, two], 'e')])];
    expect(choose(rooms, {}, { e: 1 })).toEqual([one.id, two.id]);
    const retry = job(begunPrecedence);
    expect(choose([room(2, [lane('ada', [retry, later], 'e')])], {}, { e: 0 })).toEqual([retry.id]);
  });

  it('admits no more jobs of an owner than they may have, over all servers', () => {
    const [here, there] = [jobs(3), jobs(3)];
    const ben = jobs(1);
    const rooms = [room(9, [lane('ada', here), lane('ben', ben)]), room(9, [lane('ada', there)])];
    expect(choose(rooms, { ada: 4 })).toHaveLength(5);
    expect(choose(rooms, { ada: 0 })).toEqual(ids(ben));
  });
});
