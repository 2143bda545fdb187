import { type Event, executionSchema, type LogPage, type Session } from '@cronium/contracts';

import { onFake, startTestApp, type TestApp } from './test-app';

// Without a place to send traces to, none of this is to be loaded: it costs an idle process memory. (prom-client loads @opentelemetry/api.)
jest.mock('@opentelemetry/sdk-trace', () => mockLoading());
jest.mock('@opentelemetry/resources', () => mockLoading());
jest.mock('@opentelemetry/exporter-trace-otlp-http', () => mockLoading());

function mockLoading(): never {
  throw new Error('OpenTelemetry was loaded.');
}

describe('tracing that is not configured', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  let app: TestApp;
  let user: Session;
  beforeAll(async () => {
    app = await startTestApp(onFake());
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  const run = async (headers: Record<string, string>) => {
    const body = { name: 'x', type: 'BASH', content: 'printenv TRACEPARENT\nprintenv TRACESTATE' };
    const { id } = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    const answer = await app.as(user, 'post', `/events/${id}/run?wait=25`).set(headers).send({});
    const execution = executionSchema.parse(answer.body);
    const log = await app.as(user, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log`);
    return { execution, lines: (log.body as LogPage).entries.map(({ text }) => text.trim()) };
  };

  it('would be noticed', async () => {
    const { loadConfig } = await import('../src/config/config');
    expect(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }).tracing).toBeDefined();
    await expect(import('../src/tracing/otlp-tracing')).rejects.toThrow('was loaded');
  });

  it('hands the context of a request on to the script as it came', async () => {
    const { execution, lines } = await run({ traceparent, tracestate: 'a=b,c=d' });
    expect(execution.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(lines).toEqual([traceparent, 'a=b,c=d']);
  });

  it('gives a script no context when there is none', async () => {
    const { execution, lines } = await run({});
    expect(execution).not.toHaveProperty('traceId');
    expect(lines).toEqual(['', '']);
  });
});
