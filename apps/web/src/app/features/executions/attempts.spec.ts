import type { Job } from '@cronium/contracts';

import { attemptsByServer, firstToShow } from './attempts';

const job = (serverName: string, attempt: number, state: Job['state']) =>
  ({ id: `${serverName} ${attempt}`, serverName, attempt, state }) as Job;

describe('the attempts of an execution', () => {
  it('are gathered by server, in order', () => {
    const jobs = [job('a', 1, 'failed'), job('a', 2, 'succeeded'), job('b', 1, 'running')];
    const servers = attemptsByServer(jobs);
    expect(servers.map(({ all }) => all.map(({ id }) => id))).toEqual([['a 1', 'a 2'], ['b 1']]);
    expect(servers[0]?.last.id).toBe('a 2');
  });

  it('show the last one that has something to show', () => {
    expect(firstToShow([])).toBeUndefined();
    expect(firstToShow([job('a', 1, 'queued')])?.id).toBe('a 1');
    expect(firstToShow([job('a', 1, 'failed'), job('a', 2, 'queued')])?.id).toBe('a 1');
    expect(firstToShow([job('a', 1, 'failed'), job('a', 2, 'running'), job('b', 1, 'failed')])?.id).toBe(
      'a 2',
    );
  });
});
