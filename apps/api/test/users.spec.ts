import { accountPageSchema, accountSchema, type Account, type Session } from '@cronium/contracts';
import request from 'supertest';
import { DataSource } from 'typeorm';

import { onFake, startTestApp, type TestApp, testPassword } from './test-app';

describe('users', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  let number = 0;
  const create = async (details: object = {}): Promise<Account> => {
    number += 1;
    const body = {
      email: `u${number}@example.com`,
      name: 'Ada',
      password: testPassword,
      role: 'USER',
      ...details,
    };
    const answer = await app.as(admin, 'post', '/users').send(body).expect(201);
    return accountSchema.parse(answer.body);
  };
  const signIn = (email: string, password = testPassword) =>
    request(app.server).post('/api/auth/login').send({ email, password });

  it('are created by administrators, may sign in, and are listed in pages', async () => {
    const created = await create({ role: 'VIEWER' });
    expect(created).toMatchObject({ role: 'VIEWER', status: 'ACTIVE', lastLoginAt: null });
    await signIn(created.email).expect(200);
    const first = accountPageSchema.parse((await app.as(admin, 'get', '/users?limit=1')).body);
    expect(first.items.map(({ id }) => id)).toEqual([created.id]);
    const next = await app.as(admin, 'get', `/users?limit=1&cursor=${first.nextCursor ?? ''}`);
    expect(accountPageSchema.parse(next.body).items[0]?.id).not.toBe(created.id);
    const found = await app.as(admin, 'get', `/users?search=${created.email.slice(0, 4).toUpperCase()}`);
    expect(accountPageSchema.parse(found.body).items.map(({ id }) => id)).toContain(created.id);
  });

  it('are nobody else’s business', async () => {
    const { id } = user.user;
    for (const [method, path] of [
      ['get', '/users'],
      ['post', '/users'],
      ['get', `/users/${id}`],
      ['patch', `/users/${id}`],
    ] as const) {
      await app.as(user, method, path).send({}).expect(403);
      await request(app.server)[method](`/api${path}`).send({}).expect(401);
    }
  });

  it.each([
    [{ email: 'nonsense' }, 'body.email'],
    [{ password: 'short' }, 'body.password'],
    [{ role: 'KING' }, 'body.role'],
    [{ name: ' ' }, 'body.name'],
    [{ surprise: 1 }, 'body'],
  ])('are refused with %j', async (details, path) => {
    const body = { email: 'x@example.com', name: 'X', password: testPassword, role: 'USER', ...details };
    const answer = await app.as(admin, 'post', '/users').send(body).expect(400);
    expect((answer.body as { errors: { path: string }[] }).errors.map((error) => error.path)).toContain(path);
  });

  it('have each an e-mail of their own, in upper or lower case', async () => {
    const { email } = await create();
    const body = { email: email.toUpperCase(), name: 'B', password: testPassword, role: 'USER' };
    const answer = await app.as(admin, 'post', '/users').send(body).expect(409);
    expect(answer.body).toMatchObject({ code: 'email_taken', errors: [{ path: 'body.email' }] });
  });

  it('are signed out everywhere when they are disabled, and may sign in when they are enabled again', async () => {
    const created = await create();
    const session = (await signIn(created.email).expect(200)).body as Session;
    await app.as(session, 'get', '/auth/me').expect(200);
    await app.as(admin, 'patch', `/users/${created.id}`).send({ status: 'DISABLED' }).expect(200);
    await app.as(session, 'get', '/auth/me').expect(401);
    await signIn(created.email).expect(401);
    await app.as(admin, 'patch', `/users/${created.id}`).send({ status: 'ACTIVE' }).expect(200);
    await signIn(created.email).expect(200);
  });

  it('get a new password from an administrator, which ends their sessions', async () => {
    const created = await create();
    const answer = await signIn(created.email).expect(200);
    const cookie = String(answer.headers['set-cookie']);
    await app.as(admin, 'patch', `/users/${created.id}`).send({ password: 'another password' }).expect(200);
    await request(app.server).post('/api/auth/refresh').set('Cookie', cookie).expect(401);
    await signIn(created.email).expect(401);
    await signIn(created.email, 'another password').expect(200);
  });

  it('change their own name and password', async () => {
    const created = await create();
    const session = (await signIn(created.email).expect(200)).body as Session;
    const other = String((await signIn(created.email).expect(200)).headers['set-cookie']);
    const me = await app.as(session, 'patch', '/auth/me').send({ name: 'Grace' }).expect(200);
    expect(me.body).toMatchObject({ id: created.id, name: 'Grace' });
    const wrong = { currentPassword: 'not this one', newPassword: 'quite another' };
    const refused = await app.as(session, 'post', '/auth/password').send(wrong).expect(400);
    expect(refused.body).toMatchObject({
      code: 'wrong_password',
      errors: [{ path: 'body.currentPassword' }],
    });
    const right = { currentPassword: testPassword, newPassword: 'quite another' };
    await app.as(session, 'post', '/auth/password').send(right).expect(204);
    await request(app.server).post('/api/auth/refresh').set('Cookie', other).expect(401);
    await signIn(created.email, 'quite another').expect(200);
  });

  it('keep one active administrator, also when two step down at once', async () => {
    const second = await create({ role: 'ADMIN' });
    const steps = await Promise.all([
      app.as(admin, 'patch', `/users/${second.id}`).send({ role: 'USER' }),
      app.as(admin, 'patch', `/users/${admin.user.id}`).send({ status: 'DISABLED' }),
    ]);
    expect(steps.map(({ status }) => status).sort()).toEqual([200, 409]);
    const [left] = await app.app
      .get(DataSource)
      .query<{ count: string }[]>(`SELECT count(*) FROM users WHERE role = 'ADMIN' AND status = 'ACTIVE'`);
    expect(left?.count).toBe('1');
  });
});
