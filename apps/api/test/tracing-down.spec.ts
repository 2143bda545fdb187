import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type Event, executionSchema } from '@cronium/contracts';

import { LogLines } from './log-lines';
import { createInstallation, onFake, startTestApp } from './test-app';

/** One that takes connections and never answers: worse than one that is not there. */
describe('a receiver of traces that is down', () => {
  it('neither delays nor fails a run, nor the end of the process, and is said once', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const installation = await createInstallation();
    const log = new LogLines();
    const app = await startTestApp(onFake(), {
      ...{ installation, log },
      environment: {
        CRONIUM_LOG_LEVEL: 'info',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
        OTEL_EXPORTER_OTLP_TIMEOUT: '300',
      },
    });
    const user = await app.signIn('USER');
    const body = { name: 'x', type: 'BASH', content: 'true' };
    const { id } = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    // More than what is kept for sending: 7 spans a run.
    const runs = Array.from({ length: 400 }, () =>
      app.as(user, 'post', `/events/${id}/run?wait=25`).send({}),
    );
    for (const answer of await Promise.all(runs))
      expect(executionSchema.parse(answer.body).state).toBe('succeeded');
    const lines = () => log.saying('Traces cannot be sent');
    while (lines().length === 0) await delay(100);
    const before = performance.now();
    await app.close();
    expect(performance.now() - before).toBeLessThan(5000);
    expect(lines()).toHaveLength(1);
    expect(lines()[0]).toMatchObject({ receiver: `http://127.0.0.1:${port}/v1/traces` });
    expect(lines()[0]).not.toHaveProperty('jobId');
    await installation.remove();
    server.close();
  }, 60_000);
});
