import { type Event, executionSchema, type Session } from '@cronium/contracts';
import { ExecutionError, FakeServer } from '@cronium/execution';
import { Controller, Get } from '@nestjs/common';
import request from 'supertest';

import { Public } from '../src/auth/access.decorators';
import { expectProblem } from './expectations';
import { LogLines } from './log-lines';
import { onFake, startTestApp, type TestApp } from './test-app';

@Controller('breaks')
class BreakingController {
  @Public()
  @Get()
  break(): never {
    throw new Error('It breaks.');
  }
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Which lines of the log belong together. */
describe('correlation of the log', () => {
  const log = new LogLines();
  const fake = new FakeServer();
  let app: TestApp;
  let user: Session;
  beforeAll(async () => {
    app = await startTestApp(onFake(fake), {
      log,
      controllers: [BreakingController],
      environment: { CRONIUM_LOG_LEVEL: 'debug' },
    });
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  it('answers with the id of the caller, and has it in the log and in the problem', async () => {
    const answer = await request(app.server).get('/api/breaks').set('X-Request-Id', 'deploy-42/a');
    expect(expectProblem(answer, 500).requestId).toBe('deploy-42/a');
    expect(answer.headers['x-request-id']).toBe('deploy-42/a');
    const [line, ...more] = log.saying('A request failed unexpectedly.');
    expect(more).toEqual([]);
    expect(line).toMatchObject({ requestId: 'deploy-42/a', context: 'ProblemFilter' });
    expect(line).not.toHaveProperty('traceId');
  });

  it.each([undefined, 'with space', 'quo"te', 'x'.repeat(129), ''])(
    'makes an id of its own instead of %j',
    async (given) => {
      const asked = request(app.server).get('/api/no/such/route');
      const answer = await (given === undefined ? asked : asked.set('X-Request-Id', given));
      expect(answer.headers['x-request-id']).toMatch(uuid);
      expect(expectProblem(answer, 404).requestId).toBe(answer.headers['x-request-id']);
    },
  );

  it('tells each request once it is over, when that is asked for', async () => {
    const answer = await request(app.server).get('/api/health/live').set('X-Request-Id', 'told').expect(200);
    expect(answer.headers['x-request-id']).toBe('told');
    const lines = log.saying('request completed').filter(({ requestId }) => requestId === 'told');
    expect(lines).toMatchObject([{ method: 'GET', url: '/api/health/live', statusCode: 200 }]);
  });

  it('has the ids of a job, and its trace, in what the worker says of it, and not those of the request', async () => {
    fake.outage = new ExecutionError('image_missing', 'There is no image.');
    const body = { name: 'x', type: 'BASH', content: 'true' };
    const { id } = (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const answer = await app
      .as(user, 'post', `/events/${id}/run?wait=25`)
      .set({ traceparent, 'X-Request-Id': 'of-the-trigger' })
      .send({});
    const execution = executionSchema.parse(answer.body);
    fake.outage = undefined;
    const [line] = log.saying('A job ended by a platform failure.');
    expect(line).toMatchObject({
      executionId: execution.id,
      jobId: execution.jobs[0]?.id,
      eventId: id,
      serverId: execution.jobs[0]?.serverId,
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
    });
    expect(line).not.toHaveProperty('requestId');
  });
});
