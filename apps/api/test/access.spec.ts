import { type Problem, problemSchema, type Session } from '@cronium/contracts';
import { Controller, Get } from '@nestjs/common';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AccessTokenService } from '../src/auth/access-token.service';
import { isDocumentation, type Route, routesOf } from './routes-of';
import { onFake, startTestApp, type TestApp } from './test-app';

/** What a forgetful programmer writes: neither @Permits nor @Public. */
@Controller('forgotten')
class ForgottenController {
  @Get()
  get(): string {
    return 'a secret';
  }
}

/** Signing in and out, health, and how the API is documented: all that the world may ask without a token. */
const publicRoutes = [
  'post /api/auth/login',
  'post /api/auth/refresh',
  'post /api/auth/logout',
  'get /api/health/live',
  'get /api/health/ready',
];

describe('access', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let routes: Route[];

  beforeAll(async () => {
    app = await startTestApp(onFake(), { controllers: [ForgottenController] });
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    routes = routesOf(app.app).filter((route) => !isDocumentation(route));
  });
  afterAll(() => app.close());

  const ask = ({ method, path }: Route, authorization?: string) => {
    const asked = request(app.server)[method](path.replaceAll(/:\w+/g, uuid()));
    return authorization === undefined ? asked : asked.set('Authorization', authorization);
  };

  /** Every route that answers what the guard should refuse. */
  const unguarded = async (authorization?: string): Promise<string[]> => {
    const through: string[] = [];
    for (const route of routes) {
      const { status, body } = await ask(route, authorization);
      const name = `${route.method} ${route.path}`;
      if (publicRoutes.includes(name)) continue;
      if (status !== 401 || !problemSchema.safeParse(body).success) through.push(`${name}: ${status}`);
    }
    return through;
  };

  it('knows every route of the router', () => {
    const names = routes.map(({ method, path }) => `${method} ${path}`);
    expect(names).toEqual(expect.arrayContaining([...publicRoutes, 'post /api/events/:id/run']));
    expect(names.length).toBeGreaterThan(20);
  });

  it.each([
    ['without a token', undefined],
    ['with a token that is none', 'Bearer nonsense'],
    ['with another scheme', 'Basic YWRtaW46YWRtaW4='],
    ['with an unsigned token', `Bearer ${unsigned()}`],
  ])('refuses every route but the public ones %s', async (_, authorization) => {
    expect(await unguarded(authorization)).toEqual([]);
  });

  it('refuses the token of a user who was disabled, at once', async () => {
    const disabled = await app.signIn('USER', 'disabled@example.com');
    await app.as(disabled, 'get', '/auth/me').expect(200);
    await app.app
      .get(DataSource)
      .query(`UPDATE users SET status = 'DISABLED' WHERE id = $1`, [disabled.user.id]);
    expect(await unguarded(`Bearer ${disabled.accessToken}`)).toEqual([]);
  });

  it('refuses the token of a user who is not there', async () => {
    const token = await app.app.get(AccessTokenService).issue(uuid());
    expect(await unguarded(`Bearer ${token}`)).toEqual([]);
  });

  it('refuses a route that says nothing of who may use it, to everybody', async () => {
    await request(app.server).get('/api/forgotten').expect(401);
    for (const session of [admin, user]) {
      const { body } = await app.as(session, 'get', '/forgotten').expect(403);
      expect(body as Problem).toMatchObject({ code: 'forbidden' });
    }
  });

  it('answers an unknown route as a problem', async () => {
    const answer = await app.as(admin, 'get', '/nothing?x=1').expect(404);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(problemSchema.parse(answer.body)).toMatchObject({
      code: 'route_not_found',
      instance: '/api/nothing',
    });
  });
});

/** What `alg: none` attacks send. */
function unsigned(): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode({ sub: uuid() })}.`;
}
