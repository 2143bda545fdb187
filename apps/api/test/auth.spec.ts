import { type Problem, problemSchema, type Session, sessionSchema, userSchema } from '@cronium/contracts';
import request, { type Response } from 'supertest';
import { DataSource } from 'typeorm';

import { onFake, startTestApp, type TestApp, testPassword } from './test-app';

describe('sign-in', () => {
  let app: TestApp;
  let user: Session;

  // One application each: sign-ins are counted by address.
  beforeEach(async () => {
    app = await startTestApp(onFake());
    user = await app.signIn('USER');
  });
  afterEach(() => app.close());

  const login = (body: object | string) =>
    request(app.server).post('/api/auth/login').type('json').send(body);
  const signIn = (email = 'user@example.com', password = testPassword) => login({ email, password });

  const refresh = (cookie?: string) => {
    const asked = request(app.server).post('/api/auth/refresh');
    return cookie === undefined ? asked : asked.set('Cookie', cookie);
  };

  const expectProblem = (answer: Response, status: number, code: string): Problem => {
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    const problem = problemSchema.parse(answer.body);
    expect(problem).toMatchObject({ status, code, instance: answer.request.url.replace(app.url, '') });
    return problem;
  };

  it('answers with a session, whose token is good for requests', async () => {
    const answer = await signIn();
    expect(answer.status).toBe(200);
    const session = sessionSchema.parse(answer.body);
    expect(session.user).toEqual({ ...user.user, email: 'user@example.com', role: 'USER' });
    const me = await app.as(session, 'get', '/auth/me').expect(200);
    expect(userSchema.parse(me.body)).toEqual(session.user);
  });

  it('does not mind the case of an e-mail address', async () => {
    await signIn('User@Example.COM').expect(200);
  });

  it('says the same to a wrong password, an unknown e-mail and a disabled user', async () => {
    await app.signIn('USER', 'disabled@example.com');
    await app.app
      .get(DataSource)
      .query(`UPDATE users SET status = 'DISABLED' WHERE email = 'disabled@example.com'`);
    const answers = [
      await signIn('user@example.com', 'wrong password'),
      await signIn('nobody@example.com'),
      await signIn('disabled@example.com'),
    ];
    const problems = answers.map((answer) => expectProblem(answer, 401, 'wrong_credentials'));
    const [first, ...others] = problems.map(({ requestId: _, ...rest }) => rest);
    for (const other of others) expect(other).toEqual(first);
    for (const { headers } of answers) expect(headers['set-cookie']).toBeUndefined();
  });

  it('stores no password and no token in the clear', async () => {
    const cookie = cookieOf(await signIn());
    const token = /=([^;]+)/.exec(cookie)?.[1] ?? '';
    const [rows] = await app.app
      .get(DataSource)
      .query<{ all: string }[]>(
        `SELECT (SELECT json_agg(users)::text FROM users) || (SELECT json_agg(sessions)::text FROM sessions) AS all`,
      );
    expect(rows?.all).toContain('$argon2id$');
    expect(rows?.all).not.toContain(testPassword);
    expect(rows?.all).not.toContain(token);
    expect(rows?.all).not.toContain(Buffer.from(token).toString('hex'));
  });

  it('stops a guesser after thirty attempts a minute, and says when to come back', async () => {
    let answer = await signIn('user@example.com', 'guess');
    for (let attempts = 1; answer.status === 401; attempts += 1) {
      expect(attempts).toBeLessThanOrEqual(30);
      answer = await signIn('user@example.com', 'guess');
    }
    expectProblem(answer, 429, 'too_many_requests');
    const seconds = Number(answer.headers['retry-after']);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
    // The right password, too; and nothing else of the API.
    await signIn().expect(429);
    await app.as(user, 'get', '/auth/me').expect(200);
  });

  it('keeps the refresh token from scripts and from other sites', async () => {
    const cookie = cookieOf(await signIn());
    expect(cookie).toMatch(/^cronium_refresh=[\w-]{43};/);
    expect(cookie).toMatch(/; HttpOnly/);
    expect(cookie).toMatch(/; SameSite=Strict/);
    expect(cookie).toMatch(/; Path=\/api\/auth/);
    expect(cookie).toMatch(/; Max-Age=1209600/);
  });

  it('gives a new access token for the cookie', async () => {
    const answer = await refresh(cookieOf(await signIn())).expect(200);
    const session = sessionSchema.parse(answer.body);
    await app.as(session, 'get', '/auth/me').expect(200);
  });

  it('gives none without a cookie, for another one, or when the session is over', async () => {
    expectProblem(await refresh(), 401, 'session_ended');
    expectProblem(await refresh(`cronium_refresh=${'A'.repeat(43)}`), 401, 'session_ended');
    const cookie = cookieOf(await signIn());
    await app.app.get(DataSource).query('UPDATE sessions SET expires_at = now()');
    expectProblem(await refresh(cookie), 401, 'session_ended');
  });

  it('gives none to a user who was disabled since', async () => {
    const cookie = cookieOf(await signIn());
    await app.app.get(DataSource).query(`UPDATE users SET status = 'DISABLED'`);
    expectProblem(await refresh(cookie), 401, 'session_ended');
  });

  it('ends the session at sign-out: this one, and no other', async () => {
    const [one, other] = [cookieOf(await signIn()), cookieOf(await signIn())];
    const answer = await request(app.server).post('/api/auth/logout').set('Cookie', one).expect(204);
    expect(cookieOf(answer)).toMatch(/^cronium_refresh=; Path=\/api\/auth; Expires=Thu, 01 Jan 1970/);
    expectProblem(await refresh(one), 401, 'session_ended');
    await refresh(other).expect(200);
    await request(app.server).post('/api/auth/logout').expect(204);
  });

  it.each([
    ['an unknown field', { email: 'user@example.com', password: 'x', remember: true }, 'body', 'remember'],
    ['no e-mail address', { email: 'user', password: 'x' }, 'body.email', 'e-mail'],
    ['no password', { email: 'user@example.com', password: '' }, 'body.password', 'password'],
    ['a password of another type', { email: 'user@example.com', password: 1 }, 'body.password', 'string'],
    [
      'a password beyond all measure',
      { email: 'user@example.com', password: 'x'.repeat(1025) },
      'body.password',
      '1024',
    ],
  ])('refuses %s, and names it', async (_, body, path, message) => {
    const problem = expectProblem(await login(body), 400, 'validation_failed');
    expect(problem.errors).toEqual([{ path, message: expect.stringContaining(message) as string }]);
  });

  it('refuses a body that is no JSON', async () => {
    expectProblem(await login('{"email":'), 400, 'bad_request');
  });

  it('refuses a body of more than 4 MiB', async () => {
    expectProblem(await login({ password: 'x'.repeat(4 * 1024 * 1024) }), 413, 'body_too_large');
  });
});

function cookieOf(answer: Response): string {
  return (answer.headers['set-cookie'] as unknown as string[] | undefined)?.[0] ?? '';
}
