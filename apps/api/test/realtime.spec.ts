import {
  type Event,
  type Execution,
  executionSchema,
  executionSummarySchema,
  type LogEntry,
  type Session,
} from '@cronium/contracts';
import { v7 as uuid } from 'uuid';

import { AccessTokenService } from '../src/auth/access-token.service';
import { insertServer } from './insert-server';
import { ask, connect, heard, refusalOf, type TestSocket } from './test-socket';
import { onFake, startTestApp, type TestApp } from './test-app';

describe('the socket', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let stranger: Session;
  const sockets: TestSocket[] = [];

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    stranger = await app.signIn('USER', 'stranger@example.com');
  });
  afterEach(() => sockets.splice(0).forEach((socket) => socket.disconnect()));
  afterAll(() => app.close());

  const open = async (session: Session): Promise<TestSocket> => {
    const socket = await connect(app, session.accessToken);
    sockets.push(socket);
    return socket;
  };

  const start = async (content: string, serverIds?: string[]): Promise<Execution & { jobId: string }> => {
    const event = (
      await app.as(user, 'post', '/events').send({ name: 'x', type: 'BASH', content, serverIds })
    ).body as Event;
    const execution = (await app.as(user, 'post', `/events/${event.id}/run`).send({})).body as Execution;
    return { ...execution, jobId: execution.jobs[0]?.id ?? '' };
  };

  const cancel = (id: string) => app.as(user, 'post', `/executions/${id}/cancel`).expect(202);

  /** The entries that a subscription brings, until `isEnough`. */
  const entriesOf = (socket: TestSocket, isEnough: (entries: LogEntry[]) => boolean): Promise<LogEntry[]> => {
    const entries: LogEntry[] = [];
    return new Promise((resolve) => {
      socket.on('log', (message, shown) => {
        entries.push(...message.entries);
        shown();
        if (isEnough(entries)) resolve(entries);
      });
    });
  };
  const upTo = (seq: number) => (entries: LogEntry[]) => (entries.at(-1)?.seq ?? 0) >= seq;
  const counted = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  describe('handshake', () => {
    it.each([
      ['no token', undefined],
      ['a token that is none', 'nonsense'],
      ['a token of another type', 42],
    ])('refuses %s', async (_, token) => {
      expect(await refusalOf(app, token)).toBe('unauthenticated');
    });

    it('refuses a token that has expired, and one of nobody', async () => {
      const tokens = app.app.get(AccessTokenService);
      expect(await refusalOf(app, await tokens.issue(user.user.id, -1))).toBe('unauthenticated');
      expect(await refusalOf(app, await tokens.issue(uuid()))).toBe('unauthenticated');
    });

    it('holds no longer than its token', async () => {
      const token = await app.app.get(AccessTokenService).issue(user.user.id, 3);
      const socket = await connect(app, token);
      sockets.push(socket);
      // This reason makes the web app come back with a fresh token.
      expect(await heard(socket, 'disconnect')).toBe('io server disconnect');
      expect(await refusalOf(app, token)).toBe('unauthenticated');
    });
  });

  describe('subscribe', () => {
    it('gives a late subscriber the earlier lines, then the live ones, each once and in order', async () => {
      const { id, jobId } = await start('repeat 5000 early\nsleep 2\nrepeat 5000 late');
      const first = await open(user);
      const early = entriesOf(first, upTo(5000));
      expect(await ask(first, 'subscribe', { execution: id })).toEqual({ ok: true });
      await early;

      const late = await open(user);
      const all = entriesOf(late, upTo(10_000));
      expect(await ask(late, 'subscribe', { execution: id })).toEqual({ ok: true });
      const entries = await all;
      expect(entries.map(({ seq }) => seq)).toEqual(counted(1, 10_000));
      expect(entries[4999]).toMatchObject({ text: 'early\n', stream: 'stdout' });
      expect(entries[5000]).toMatchObject({ text: 'late\n' });

      const latest = await open(user);
      const rest = entriesOf(latest, upTo(10_000));
      await ask(latest, 'subscribe', { execution: id, after: { [jobId]: 9000 } });
      expect((await rest).map(({ seq }) => seq)).toEqual(counted(9001, 10_000));
    });

    it('sends no message before the one before was shown', async () => {
      const { id } = await start('repeat 5000 line');
      const socket = await open(user);
      const entries: LogEntry[] = [];
      let unshown = 0;
      const done = new Promise<void>((resolve) => {
        socket.on('log', (message, shown) => {
          unshown += 1;
          expect(unshown).toBe(1);
          entries.push(...message.entries);
          setImmediate(() => {
            unshown -= 1;
            shown();
            if (entries.length === 5000) resolve();
          });
        });
      });
      await ask(socket, 'subscribe', { execution: id });
      await done;
      expect(entries.map(({ seq }) => seq)).toEqual(counted(1, 5000));
    });

    it('tells of every state until the end', async () => {
      // It waits for another, so that nothing of it is missed.
      const serverIds = [await insertServer(app, user.user.id, { maxConcurrentJobs: 1 })];
      const blocker = await start('sleep 60', serverIds);
      const { id, jobId } = await start('exit 3', serverIds);
      const socket = await open(user);
      const states: string[] = [];
      socket.on('execution.updated', (execution) => states.push(executionSchema.parse(execution).state));
      const [started, jobEnd, end] = [
        heard(socket, 'job.started'),
        heard(socket, 'job.finished'),
        heard(socket, 'execution.finished'),
      ];
      await ask(socket, 'subscribe', { execution: id });
      await cancel(blocker.id);
      expect(await started).toMatchObject({ executionId: id, job: { id: jobId } });
      expect(await jobEnd).toMatchObject({
        executionId: id,
        job: { id: jobId, state: 'failed', exitCode: 3 },
      });
      expect(executionSchema.parse(await end)).toMatchObject({ id, state: 'failed' });
      expect(states[0]).toBe('queued');
      expect(states.at(-1)).toBe('failed');
    });

    it('shows what has ended long ago', async () => {
      const { id } = await start('echo once');
      const socket = await open(user);
      const ended = new Promise<Execution>((resolve) =>
        socket.on('execution.updated', (execution) => {
          if (execution.endedAt !== null) resolve(execution);
        }),
      );
      await ask(socket, 'subscribe', { execution: id });
      await ended;
      const again = await open(user);
      const [state, log] = [heard(again, 'execution.updated'), entriesOf(again, upTo(1))];
      await ask(again, 'subscribe', { execution: id });
      expect(await state).toMatchObject({ id, state: 'succeeded' });
      expect(await log).toMatchObject([{ seq: 1, text: 'once\n' }]);
    });

    it('is for the owner and administrators, asked anew for each execution', async () => {
      const { id } = await start('echo secret');
      const socket = await open(stranger);
      socket.onAny((name: string) => {
        throw new Error(`A stranger heard ${name}.`);
      });
      for (const execution of [id, uuid()]) {
        expect(await ask(socket, 'subscribe', { execution })).toMatchObject({
          ok: false,
          code: 'execution_not_found',
        });
      }
      expect(await ask(await open(admin), 'subscribe', { execution: id })).toEqual({ ok: true });
    });

    it.each([
      ['no execution', {}],
      ['what is no id', { execution: 'x' }],
      ['an unknown field', { execution: uuid(), from: 1 }],
      ['a place that is none', { execution: uuid(), after: { [uuid()]: -1 } }],
      ['nothing', null],
    ])('refuses %s', async (_, body) => {
      expect(await ask(await open(user), 'subscribe', body)).toMatchObject({
        ok: false,
        code: 'validation_failed',
      });
    });

    it('watches fifty executions at most', async () => {
      const event = (await app.as(user, 'post', '/events').send({ name: 'x', type: 'BASH', content: 'true' }))
        .body as Event;
      const socket = await open(user);
      const answers: boolean[] = [];
      for (let count = 0; count < 51; count += 1) {
        const execution = (await app.as(user, 'post', `/events/${event.id}/run`).send({})).body as Execution;
        answers.push((await ask(socket, 'subscribe', { execution: execution.id })).ok);
      }
      expect(answers.indexOf(false)).toBe(50);
    });
  });

  it('is silent after unsubscribe', async () => {
    const { id } = await start('echo one\nsleep 2\necho two');
    const [left, stays] = [await open(user), await open(user)];
    const one = entriesOf(left, upTo(1));
    await ask(left, 'subscribe', { execution: id });
    await one;
    expect(await ask(left, 'unsubscribe', { execution: id })).toEqual({ ok: true });
    const heardByLeft: string[] = [];
    left.onAny((name: string) => heardByLeft.push(name));
    const [two, end] = [entriesOf(stays, upTo(2)), heard(stays, 'execution.finished')];
    await ask(stays, 'subscribe', { execution: id });
    await Promise.all([two, end]);
    // An answer comes behind all that was sent before.
    await ask(left, 'unsubscribe', { execution: id });
    expect(heardByLeft.filter((name) => name !== 'execution.listed')).toEqual([]);
  });

  it('tells lists of an execution: its owner and administrators, and nobody else', async () => {
    const [ofUser, ofAdmin, ofStranger] = [await open(user), await open(admin), await open(stranger)];
    const strange: string[] = [];
    ofStranger.onAny((name: string) => strange.push(name));
    const listed = (socket: TestSocket) => {
      const states: string[] = [];
      return new Promise<string[]>((resolve) => {
        socket.on('execution.listed', (execution) => {
          states.push(executionSummarySchema.parse(execution).state);
          if (states.at(-1) === 'cancelled') resolve(states);
        });
      });
    };
    const seen = [listed(ofUser), listed(ofAdmin)];
    const { id } = await start('sleep 60');
    await cancel(id);
    for (const states of await Promise.all(seen)) expect(states[0]).not.toBe('cancelled');
    await ask(ofStranger, 'unsubscribe', { execution: id });
    expect(strange).toEqual([]);
  });
});
