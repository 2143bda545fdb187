import { type Event, type Execution, executionSchema, logPageSchema, type Session } from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { onFake, startTestApp, type TestApp } from './test-app';

const bullets = '••••••';
const secret = 'corr3ct horse/battery+staple';

describe('secrets of an event', () => {
  let app: TestApp;
  let user: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake(new FakeServer()));
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  const run = async (content: string, input?: unknown): Promise<Execution> => {
    const body = {
      name: 'x',
      type: 'BASH',
      content,
      environment: [
        { key: 'TOKEN', value: secret, secret: true },
        { key: 'PLAIN', value: 'not a secret', secret: false },
        { key: 'TINY', value: 'abc', secret: true },
      ],
    };
    const event = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    const answer = await app.as(user, 'post', `/events/${event.id}/run?wait=25`).send({ input });
    return executionSchema.parse(answer.body);
  };
  const logOf = async ({ jobs }: Execution) => {
    const path = `/jobs/${jobs[0]?.id ?? ''}/log`;
    const { entries } = logPageSchema.parse((await app.as(user, 'get', path)).body);
    const raw = await app.as(user, 'get', `${path}/raw`).buffer(true);
    return { entries, raw: Buffer.from(raw.body as Uint8Array).toString() };
  };

  it('are masked in the log, however they are printed, and nothing else is', async () => {
    const base64 = Buffer.from(`user:${secret}`).toString('base64');
    const execution = await run(
      [
        `echo 1 ${secret} not a secret abc`,
        `echo 2 ${encodeURIComponent(secret)} >&2`,
        `echo 3 ${base64}`,
        'cronium_input',
      ].join('\n'),
      { token: secret },
    );
    const { entries, raw } = await logOf(execution);
    expect(entries.map(({ seq, stream, text }) => [seq, stream, text])).toEqual([
      [1, 'stdout', `1 ${bullets} not a secret abc\n`],
      [2, 'stderr', `2 ${bullets}\n`],
      [3, 'stdout', expect.stringMatching(new RegExp(`^3 dXNlcj.?${bullets}\n$`))],
      [4, 'stdout', `{"token":"${bullets}"}\n`],
    ]);
    expect(raw).toBe(entries.map(({ text }) => text).join(''));
    expect(execution.jobs[0]).toMatchObject({ logEntries: 4, logBytes: Buffer.byteLength(raw) });
  });

  it('are masked when they come in pieces, also when nothing is left of the last', async () => {
    const [first, second] = [secret.slice(0, 9), secret.slice(9)];
    const execution = await run(`printf ${first}\necho oops >&2\nprintf ${second}\nexit 0`);
    const { entries } = await logOf(execution);
    expect(entries.map(({ seq, text }) => [seq, text])).toEqual([
      [1, bullets],
      [2, 'oops\n'],
    ]);
    expect(execution.jobs[0]?.logEntries).toBe(2);

    const alone = await run(`printf ${first}\nprintf ${second}\nexit 0`);
    expect(alone.jobs[0]).toMatchObject({ logEntries: 1, logBytes: Buffer.byteLength(bullets) });
  });

  it('are masked in the output value', async () => {
    const execution = await run(`cronium_output {"a":["x ${secret}"],"n":1}`);
    expect(execution.jobs[0]?.output).toEqual({ a: [`x ${bullets}`], n: 1 });
  });

  it('stand nowhere in the database', async () => {
    await run(`echo ${secret}\ncronium_output ${secret}`);
    const database = app.app.get(DataSource);
    const tables = await database.query<{ name: string }[]>(
      `SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) AS name FROM information_schema.tables
        WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await database.query<{ text: string }[]>(
        `SELECT row_to_json(t)::text AS text FROM ${name} t`,
      );
      const hex = Buffer.from(secret).toString('hex');
      if (rows.some(({ text }) => text.includes(secret) || text.includes(hex))) found.push(name);
    }
    // The scripts of these tests name the secret themselves, and one gets it as input.
    expect(found.sort()).toEqual(['public.event_versions', 'public.events', 'public.executions']);
  });
});
