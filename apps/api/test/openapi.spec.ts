import { problemSchema, routes as paths } from '@cronium/contracts';
import type { OpenAPIObject } from '@nestjs/swagger';
import request from 'supertest';

import { isDocumentation, type Route, routesOf } from './routes-of';
import { onFake, startTestApp, type TestApp } from './test-app';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
interface Documented extends Route {
  readonly operation: Operation;
}

describe('the OpenAPI document', () => {
  let app: TestApp;
  let document: OpenAPIObject;
  let operations: Documented[];

  beforeAll(async () => {
    app = await startTestApp(onFake());
    document = (await request(app.server).get('/api/openapi.json').expect(200)).body as OpenAPIObject;
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method: method as Route['method'],
        path,
        operation: operation as Operation,
      })),
    );
  });
  afterAll(() => app.close());

  const nameOf = ({ method, path }: Route) => `${method} ${path}`;
  /** Those that lack a documented answer. */
  const without = (status: number, of: Documented[]) =>
    of.filter(({ operation }) => !(String(status) in operation.responses)).map(nameOf);
  const guarded = () => operations.filter(({ operation }) => operation.security !== undefined);

  it('has every route of the router, and nothing else', () => {
    const routes = routesOf(app.app)
      .filter((route) => !isDocumentation(route) && !route.path.startsWith(`/${paths.metrics}`))
      .map(({ method, path }) => nameOf({ method, path: path.replaceAll(/:(\w+)/g, '{$1}') }));
    expect(operations.map(nameOf).sort()).toEqual(routes.sort());
  });

  it('resolves every reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target,
    );
    expect(references.length).toBeGreaterThan(50);
    const known = Object.keys(document.components?.schemas ?? {}).map(
      (name) => `#/components/schemas/${name}`,
    );
    expect(references.filter((reference) => !known.includes(reference ?? ''))).toEqual([]);
  });

  it('names every operation once, and describes it', () => {
    const ids = operations.map(({ operation }) => operation.operationId ?? '');
    expect(ids.filter((id) => !/^[a-z]+\.[a-zA-Z]+$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.filter(({ operation }) => !operation.summary).map(nameOf)).toEqual([]);
  });

  it('has a component for each main thing', () => {
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(
      expect.arrayContaining([
        ...['LoginRequest', 'Session', 'User'],
        ...['Event', 'EventSummary', 'EventPage', 'CreateEvent', 'UpdateEvent', 'RunEvent'],
        ...[
          'Execution',
          'ExecutionSummary',
          'ExecutionPage',
          'ExecutionState',
          'Job',
          'JobState',
          'JobError',
        ],
        ...['LogEntry', 'LogPage', 'Server', 'ServerPage', 'UpdateServer', 'ContainerConfig'],
        ...['Problem', 'FieldError'],
      ]),
    );
  });

  it('asks for a token where one is needed, and only there', () => {
    const open = operations.filter(({ operation }) => operation.security === undefined);
    expect(open.map(nameOf).sort()).toEqual([
      'get /api/health/live',
      'get /api/health/ready',
      'post /api/auth/login',
      'post /api/auth/logout',
      'post /api/auth/refresh',
    ]);
  });

  it('has the errors of every operation', () => {
    expect(without(500, operations)).toEqual([]);
    expect(without(401, guarded())).toEqual([]);
    expect(without(403, guarded())).toEqual([]);
    const takesSomething = ({ operation }: Documented) =>
      operation.requestBody !== undefined || (operation.parameters ?? []).length > 0;
    expect(without(400, operations.filter(takesSomething))).toEqual([]);
    expect(
      without(
        404,
        operations.filter(({ path }) => path.includes('{')),
      ),
    ).toEqual([]);
    expect(
      without(
        413,
        operations.filter(({ operation }) => operation.requestBody !== undefined),
      ),
    ).toEqual([]);
  });

  it('gives every error as a problem', () => {
    const otherwise = operations.flatMap((documented) =>
      Object.entries(documented.operation.responses)
        .filter(([status]) => Number(status) >= 400)
        // A server that is not ready says so in the shape of its readiness.
        .filter(([status]) => !(documented.path === '/api/health/ready' && status === '503'))
        .filter(([, response]) => !JSON.stringify(response).includes('application/problem+json'))
        .map(([status]) => `${nameOf(documented)} ${status}`),
    );
    expect(otherwise).toEqual([]);
  });

  it('says what every parameter of a path is', () => {
    const wrong = operations.filter(({ path, operation }) => {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? []).map((parameter) =>
        'name' in parameter ? parameter.name : '',
      );
      return named.some((name) => !described.includes(name ?? ''));
    });
    expect(wrong.map(nameOf)).toEqual([]);
  });

  it('is shown by Swagger UI', async () => {
    const page = await request(app.server).get('/api/docs').expect(200);
    expect(page.text).toMatch(/<div id="swagger-ui">/);
  });

  it('describes errors as they are answered', async () => {
    const answer = await request(app.server).get('/api/events').expect(401);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(problemSchema.safeParse(answer.body).error).toBeUndefined();
  });
});
