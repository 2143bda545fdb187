import { type Event, type Execution, executionSchema, type LogPage, type Session } from '@cronium/contracts';
import { createServerExecutor, ExecutionError, FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const caller = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${caller}-01`;
const failed = 2;

/** What a receiver of traces gets, from the request to the script and back. */
describe('tracing', () => {
  let receiver: OtlpReceiver;
  let installation: Installation;
  let environment: NodeJS.ProcessEnv;
  let user: Session;
  let apps: TestApp[] = [];

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    installation = await createInstallation();
    environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20of%20the%20tests',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    };
    const app = await startTestApp(onFake(), { installation });
    user = await app.signIn('USER');
    await app.close();
  });
  afterEach(async () => {
    await Promise.all(apps.map((app) => app.close()));
    apps = [];
    receiver.spans.length = 0;
  });
  afterAll(async () => {
    await installation.remove();
    await receiver.close();
  });

  const start = async (
    factory: Parameters<typeof startTestApp>[0],
    more: NodeJS.ProcessEnv = environment,
  ): Promise<TestApp> => {
    const app = await startTestApp(factory, { installation, environment: more });
    apps.push(app);
    return app;
  };
  const close = async (app: TestApp) => {
    apps = apps.filter((one) => one !== app);
    await app.close();
  };
  const create = async (app: TestApp, content: string, more: object = {}): Promise<Event> =>
    (
      await app
        .as(user, 'post', '/events')
        .send({ name: 'x', type: 'BASH', content, ...more })
        .expect(201)
    ).body as Event;
  const run = async (
    app: TestApp,
    { id }: Event,
    wait = 25,
    headers: Record<string, string> = { traceparent },
  ) => {
    const answer = await app.as(user, 'post', `/events/${id}/run?wait=${wait}`).set(headers).send({});
    return executionSchema.parse(answer.body);
  };
  const linesOf = async (app: TestApp, { jobs }: Execution): Promise<string[]> => {
    const answer = await app.as(user, 'get', `/jobs/${jobs[0]?.id ?? ''}/log`);
    return (answer.body as LogPage).entries.map(({ text }) => text.trim());
  };
  const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
    const found = spans.filter((span) => span.name === name);
    expect([name, found.length]).toEqual([name, 1]);
    return found[0] as ReceivedSpan;
  };

  it('is one trace from the request of a caller to a script in a sandbox, and back', async () => {
    const app = await start(createServerExecutor);
    const script = 'echo "$TRACEPARENT"\necho "$TRACESTATE"\ncronium_output \'{"a":1}\'\nexit 3';
    const event = await create(app, script);
    const execution = await run(app, event, 25, { traceparent, tracestate: 'congo=t61rcWkgMzE' });
    expect(execution).toMatchObject({ state: 'failed', traceId });
    const [job] = execution.jobs;
    const [given = '', state] = await linesOf(app, execution);
    await close(app);

    const route = 'POST /api/events/:id/run';
    const spans = await receiver.trace(traceId, route, 'job');
    const parents = (name: string) => named(spans, name).parentSpanId;
    const idOf = (name: string) => named(spans, name).spanId;
    expect(parents(route)).toBe(caller);
    expect(parents('execution start')).toBe(idOf(route));
    for (const name of ['queue wait', 'job']) expect(parents(name)).toBe(idOf('execution start'));
    for (const name of ['acquire server', 'start script', 'run script', 'helper output', 'record end'])
      expect(parents(name)).toBe(idOf('job'));
    expect(given).toBe(`00-${traceId}-${idOf('job')}-01`);
    expect(state).toBe('congo=t61rcWkgMzE');

    expect(named(spans, route).attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/api/events/:id/run',
      'http.response.status_code': 202,
    });
    // A script that fails is no error of the platform.
    expect(named(spans, 'job').status.code ?? 0).toBe(0);
    expect(named(spans, 'job').attributes).toMatchObject({
      'cronium.event.id': event.id,
      'cronium.execution.id': execution.id,
      'cronium.job.id': job?.id,
      'cronium.job.attempt': 1,
      'cronium.job.state': 'failed',
      'cronium.server.id': job?.serverId,
      'cronium.server.type': 'container',
      'process.exit.code': 3,
    });
    expect(JSON.stringify(spans)).not.toContain(`/events/${event.id}`);
    const [phase, after] = [named(spans, 'start script'), named(spans, 'run script')];
    expect(BigInt(after.startTimeUnixNano)).toBeLessThanOrEqual(BigInt(after.endTimeUnixNano));
    expect(BigInt(phase.startTimeUnixNano)).toBeLessThanOrEqual(BigInt(phase.endTimeUnixNano));

    expect(receiver.path).toBe('/v1/traces');
    expect(receiver.headers.authorization).toBe('Bearer of the tests');
    expect(receiver.resource).toMatchObject({
      'service.name': 'cronium',
      'deployment.environment.name': 'test',
    });
  });

  it('goes on in the process that takes a script over', async () => {
    const fake = new FakeServer();
    const first = await start(onFake(fake), { ...environment, CRONIUM_ON_SHUTDOWN: 'detach' });
    const event = await create(first, 'printenv TRACEPARENT\nsleep 3\ncronium_output 1');
    const begun = await run(first, event, 0);
    const isRunning = async () => (await linesOf(first, begun)).length > 0;
    while (!(await isRunning()));
    await close(first);
    const second = await start(onFake(fake));
    let execution = begun;
    while (execution.endedAt === null)
      execution = executionSchema.parse((await second.as(user, 'get', `/executions/${begun.id}`)).body);
    expect(execution.state).toBe('succeeded');
    const [given] = await linesOf(second, execution);
    await close(second);

    const spans = await receiver.trace(traceId, 'job');
    const job = named(spans, 'job');
    expect(given).toBe(`00-${traceId}-${job.spanId}-01`);
    expect(job.attributes).toMatchObject({ 'cronium.job.resumed': true, 'cronium.job.state': 'succeeded' });
    expect(job.parentSpanId).toBe(named(spans, 'execution start').spanId);
    for (const name of ['queue wait', 'start script', 'run script', 'helper output']) named(spans, name);
  });

  it('links an attempt to the one before, and says what the platform failed of', async () => {
    const fake = new FakeServer();
    fake.outage = new ExecutionError('image_missing', 'There is no image.');
    const app = await start(onFake(fake));
    const retry = { limit: 1, delaySeconds: 1, on: ['platform_error'] };
    const event = await create(app, 'true', { retry });
    const { jobs } = await run(app, event);
    expect(jobs).toHaveLength(2);
    await close(app);
    const spans = (await receiver.trace(traceId, 'job')).filter(({ name }) => name === 'job');
    const [first, second] = jobs.map(({ id }) =>
      spans.find((span) => span.attributes['cronium.job.id'] === id),
    );
    expect(second?.links).toMatchObject([{ traceId, spanId: first?.spanId }]);
    expect(second?.parentSpanId).toBe(first?.parentSpanId);
    expect(first).toMatchObject({ status: { code: failed }, attributes: { 'error.type': 'image_missing' } });
    const phases = receiver.spans.filter(({ name }) => name === 'acquire server');
    expect(phases).toMatchObject([{ status: { code: failed } }, { status: { code: failed } }]);
  });

  it('begins with a schedule, which no request asks for', async () => {
    const app = await start(onFake());
    const { id } = await create(app, 'printenv TRACEPARENT', {
      schedule: { kind: 'interval', everySeconds: 1 },
    });
    let executions: Execution[] = [];
    while (!executions.some(({ state }) => state === 'succeeded')) {
      const list = await app.as(user, 'get', `/executions?eventId=${id}`);
      executions = (list.body as { items: Execution[] }).items;
    }
    await app.as(user, 'delete', `/events/${id}`);
    const done = executions.find(({ state }) => state === 'succeeded')?.id ?? '';
    const execution = executionSchema.parse((await app.as(user, 'get', `/executions/${done}`)).body);
    const [given = ''] = await linesOf(app, execution);
    await close(app);
    const spans = await receiver.trace(execution.traceId ?? '', 'job');
    expect(named(spans, 'execution start')).toMatchObject({
      attributes: { 'cronium.execution.trigger': 'schedule' },
    });
    expect(named(spans, 'execution start').parentSpanId || undefined).toBeUndefined();
    expect(given).toContain(`00-${execution.traceId}-${named(spans, 'job').spanId}`);
  });

  it('follows the sampler', async () => {
    const app = await start(onFake(), { ...environment, OTEL_TRACES_SAMPLER: 'always_off' });
    const execution = await run(app, await create(app, 'printenv TRACEPARENT'));
    expect(await linesOf(app, execution)).toEqual([expect.stringMatching(`^00-${traceId}-.*-00$`)]);
    await close(app);
    expect(receiver.spans).toEqual([]);
  });

  it('leaves a trace context alone that an event sets itself', async () => {
    const app = await start(onFake());
    const own = [{ key: 'TRACEPARENT', value: 'mine', secret: false }];
    const execution = await run(
      app,
      await create(app, 'printenv TRACEPARENT\nprintenv TRACESTATE', { environment: own }),
      25,
      { traceparent, tracestate: 'a=b' },
    );
    expect(await linesOf(app, execution)).toEqual(['mine', '']);
  });

  it('takes a malformed context for none', async () => {
    const app = await start(onFake());
    const event = await create(app, 'true');
    const odd = { traceparent: `00-${'0'.repeat(32)}-${caller}-01` };
    const execution = await run(app, event, 25, odd);
    expect(execution.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    const [row] = await app.app
      .get(DataSource)
      .query<{ tracestate: string | null }[]>('SELECT tracestate FROM executions WHERE id = $1', [
        execution.id,
      ]);
    expect(row?.tracestate).toBeNull();
  });
});
