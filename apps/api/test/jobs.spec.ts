import { type Event, type Execution, type LogEntry, logPageSchema, type Session } from '@cronium/contracts';
import request from 'supertest';
import { v7 as uuid } from 'uuid';

import { expectProblem, expectRefused } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

describe('jobs', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let stranger: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    stranger = await app.signIn('USER', 'stranger@example.com');
  });
  afterAll(() => app.close());

  /** The job of a script that has ended, unless `wait` is 0. */
  const run = async (content: string, wait = 25): Promise<string> => {
    const event = (await app.as(user, 'post', '/events').send({ name: 'x', type: 'BASH', content }))
      .body as Event;
    const answer = await app.as(user, 'post', `/events/${event.id}/run?wait=${wait}`).send({});
    return (answer.body as Execution).jobs[0]?.id ?? '';
  };
  const page = async (jobId: string, query = '') => {
    const answer = await app.as(user, 'get', `/jobs/${jobId}/log${query}`).expect(200);
    return logPageSchema.parse(answer.body);
  };
  const raw = async (jobId: string, query = ''): Promise<string> => {
    const answer = await app.as(user, 'get', `/jobs/${jobId}/log/raw${query}`).buffer(true).expect(200);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="job-${jobId}.log"`);
    return Buffer.from(answer.body as Uint8Array).toString();
  };

  it.each(['log', 'log/raw', 'usage'])('%s is for the owner and administrators', async (what) => {
    const jobId = await run('echo mine');
    const path = `/jobs/${jobId}/${what}`;
    await request(app.server).get(`/api${path}`).expect(401);
    expectProblem(await app.as(stranger, 'get', path), 404, 'job_not_found');
    expectProblem(await app.as(user, 'get', `/jobs/${uuid()}/${what}`), 404, 'job_not_found');
    expectRefused(await app.as(user, 'get', `/jobs/1/${what}`), ['path.id']);
    await app.as(admin, 'get', path).expect(200);
  });

  it.each<[string, string[]]>([
    ['log?after=-1', ['query.after']],
    ['log?after=x', ['query.after']],
    ['log?limit=0', ['query.limit']],
    ['log?limit=5001', ['query.limit']],
    ['log?stream=stdout', ['query']],
    ['log/raw?stream=stdin', ['query.stream']],
    ['log/raw?after=1', ['query']],
  ])('refuses %s', async (query, paths) => {
    expectRefused(await app.as(user, 'get', `/jobs/${await run('true')}/${query}`), paths);
  });

  it('gives a log page by page, each entry once', async () => {
    const jobId = await run('repeat 250 line\necho odd >&2\nrepeat 250 line\nprintf end');
    const entries: LogEntry[] = [];
    let [next, complete] = [0, false];
    while (!complete) {
      const got = await page(jobId, `?after=${next}&limit=100`);
      expect(got.entries.length).toBeLessThanOrEqual(100);
      expect(got.next).toBe(got.entries.at(-1)?.seq);
      entries.push(...got.entries);
      ({ next, complete } = got);
    }
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 502 }, (_, index) => index + 1));
    expect(entries.filter(({ stream }) => stream === 'stderr').map(({ seq, text }) => [seq, text])).toEqual([
      [251, 'odd\n'],
    ]);
    expect(entries.at(-1)?.text).toBe('end');
  });

  it('has nothing behind the end, and does not call it a page of its own', async () => {
    const jobId = await run('echo one');
    expect(await page(jobId, '?after=1')).toEqual({ entries: [], next: 1, complete: true });
    expect(await page(jobId, '?after=2000000000')).toEqual({
      entries: [],
      next: 2_000_000_000,
      complete: true,
    });
    expectRefused(await app.as(user, 'get', `/jobs/${jobId}/log?after=99999999999`), ['query.after']);
  });

  it('is not complete while the script runs', async () => {
    const jobId = await run('echo one\nsleep 60', 0);
    let got = await page(jobId);
    while (got.entries.length === 0) got = await page(jobId);
    expect(got).toMatchObject({ next: 1, complete: false });
  });

  it('gives the whole log as it was written, or one stream of it', async () => {
    const jobId = await run('echo out\necho "err ä" >&2\nprintf rest');
    expect(await raw(jobId)).toBe('out\nerr ä\nrest');
    expect(await raw(jobId, '?stream=stdout')).toBe('out\nrest');
    expect(await raw(jobId, '?stream=stderr')).toBe('err ä\n');
    expect(await raw(await run('true'))).toBe('');
  });

  it('gives long logs whole', async () => {
    const jobId = await run(`repeat 30000 ${'x'.repeat(99)}`);
    const text = await raw(jobId);
    expect(text).toHaveLength(3_000_000);
    expect((await page(jobId, '?after=29999')).entries).toMatchObject([{ seq: 30_000 }]);
  });
});
