import { randomBytes, randomUUID } from 'node:crypto';

import { sandboxSpec, warmName } from '../container/container-spec';
import { EngineFixture } from '../container/engine-fixture';
import { MultiplexedChannel } from '../container/multiplexed-channel';
import { asDuplex } from '../container/sandbox';
import { scriptRequest } from '../contract/script-request';
import { deferred } from '../deferred';
import { type Frame, FrameParser, FrameType, MarkerSkipper, RESET, encodeFrame } from './protocol';

jest.setTimeout(60_000);

/** A client that sends bytes as it likes, and reads frames. */
class RawClient {
  readonly frames: Frame[] = [];
  readonly closed = deferred<void>();
  private readonly parser = new FrameParser();
  private skipper: MarkerSkipper | undefined;
  private news = deferred<void>();

  constructor(private readonly channel: MultiplexedChannel) {
    channel.listen({
      onData: (chunk) => this.read(chunk),
      onClose: () => this.closed.resolve(),
    });
  }

  send(...pieces: Buffer[]): void {
    pieces.forEach((piece) => this.channel.send(piece));
  }

  resume(after: number): void {
    const nonce = randomBytes(16);
    this.skipper = new MarkerSkipper(nonce);
    this.send(RESET, encodeFrame(FrameType.Resume, { after, nonce: nonce.toString('hex') }));
  }

  /** The first frame of a type, as soon as it is here. */
  async first(type: FrameType): Promise<Frame> {
    for (;;) {
      const found = this.frames.find((frame) => frame.type === type);
      if (found) {
        return found;
      }
      await this.news.promise;
    }
  }

  close(): void {
    this.channel.close();
  }

  private read(chunk: Buffer): void {
    const data = this.skipper ? this.skipper.push(chunk) : chunk;
    if (data) {
      this.skipper = undefined;
      this.parser.push(data, (frame) => this.frames.push({ ...frame, payload: Buffer.from(frame.payload) }));
    }
    this.news.resolve();
    this.news = deferred<void>();
  }
}

const json = ({ payload }: Frame): unknown => JSON.parse(payload.toString('utf8'));
const text = (frames: Frame[]) =>
  frames
    .filter(({ type }) => type === FrameType.Stdout)
    .map(({ payload }) => payload.toString('utf8', 8))
    .join('');

/** A header of this version that promises what does not come. */
function header(length: number, version = 1): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.write('Cr', 0, 'latin1');
  bytes.writeUInt8(version, 2);
  bytes.writeUInt8(FrameType.Job, 3);
  bytes.writeUInt32BE(length, 8);
  return bytes;
}

describe('The stream of a runner', () => {
  const fixture = new EngineFixture();

  beforeAll(() => fixture.verify());
  afterAll(() => fixture.dispose());

  /** A sandbox, and a way to come to it as often as one likes. */
  async function startRunner() {
    const { server, context, docker } = fixture;
    const container = await docker.createContainer(
      sandboxSpec(
        {
          installationId: context.installationId,
          serverId: server.id,
          owner: 'test',
          image: server.containerConfig.image,
          runtime: 'runc',
          seccompProfile: '{"defaultAction":"SCMP_ACT_ALLOW"}',
        },
        server.containerConfig.resourceLimits,
        warmName(randomUUID()),
      ),
    );
    const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
    const connect = async () =>
      new RawClient(new MultiplexedChannel(asDuplex(await container.attach(options))));
    const client = await connect();
    await container.start();
    return { container, connect, client };
  }

  it('begins with a hello, and ends when its end is acknowledged', async () => {
    const { container, client } = await startRunner();
    expect(json(await client.first(FrameType.Hello))).toMatchObject({
      protocol: 1,
      state: 'waiting',
      jobId: null,
      timeoutSeconds: null,
    });
    client.send(RESET, encodeFrame(FrameType.Job, scriptRequest('echo hello; exit 3')));
    const end = await client.first(FrameType.End);
    expect(json(end)).toMatchObject({ end: { kind: 'exit', code: 3 } });
    expect(client.frames.map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(text(client.frames)).toBe('hello\n');
    expect((await container.inspect()).State.Running).toBe(true);
    client.send(encodeFrame(FrameType.Ack, { seq: end.seq }));
    await client.closed.promise;
    await container.wait();
    expect((await container.inspect()).State).toMatchObject({ Running: false, ExitCode: 0 });
  });

  it.each([
    ['what is no frame', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a frame of another version', Buffer.concat([header(2, 9), Buffer.from('{}')])],
    ['a frame that is longer than any', header(0xffffffff)],
    ['a frame that is not finished', Buffer.concat([header(1000), Buffer.from('{"jobId":')])],
    ['half a header', header(5).subarray(0, 7)],
    ['half a reset', RESET.subarray(0, 9)],
  ])('forgets at a reset: %s', async (_, rubbish) => {
    const { client } = await startRunner();
    const job = encodeFrame(FrameType.Job, scriptRequest('echo hello'));
    client.send(rubbish);
    await client.first(FrameType.Hello);
    // Cut where it hurts.
    client.send(
      RESET.subarray(0, 5),
      RESET.subarray(5),
      job.subarray(0, 3),
      job.subarray(3, 40),
      job.subarray(40),
    );
    expect(json(await client.first(FrameType.End))).toMatchObject({ end: { kind: 'exit', code: 0 } });
  });

  it('goes on with a second client after the frame it names, without gap or repetition', async () => {
    const { connect, client } = await startRunner();
    const request = scriptRequest('echo one; cronium_output 1; echo two; exit 5');
    client.send(RESET, encodeFrame(FrameType.Job, request));
    const { seq } = await client.first(FrameType.Stdout);
    const call = await client.first(FrameType.Request);
    client.send(header(1000), Buffer.from('{"seq'));
    client.close();

    const second = await connect();
    second.resume(seq);
    expect(json(await second.first(FrameType.Hello))).toMatchObject({
      state: 'running',
      jobId: request.jobId,
    });
    const repeated = await second.first(FrameType.Request);
    expect([repeated.seq, json(repeated)]).toEqual([call.seq, json(call)]);
    const { id } = json(repeated) as { id: number };
    second.send(encodeFrame(FrameType.Answer, { id, result: null }));
    second.send(encodeFrame(FrameType.Answer, { id, result: null })); // once is enough
    expect(json(await second.first(FrameType.End))).toMatchObject({ end: { kind: 'exit', code: 5 } });
    expect(text(second.frames)).toBe('two\n');
    second.close();

    // The end is kept for whoever comes until it is acknowledged, and so is what was not.
    const third = await connect();
    third.resume(0);
    await third.first(FrameType.End);
    expect(json(await third.first(FrameType.Hello))).toMatchObject({ state: 'ended' });
    expect(text(third.frames)).toBe('two\n');
  });

  it('asks again for an answer that was lost, although the call was acknowledged', async () => {
    const { connect, client } = await startRunner();
    client.send(RESET, encodeFrame(FrameType.Job, scriptRequest('cronium_output 1; echo answered')));
    const call = await client.first(FrameType.Request);
    client.send(encodeFrame(FrameType.Ack, { seq: call.seq }));
    client.close();

    const second = await connect();
    second.resume(call.seq);
    const again = await second.first(FrameType.Request);
    expect(json(again)).toEqual(json(call));
    expect(again.seq).toBe(call.seq + 1);
    second.send(encodeFrame(FrameType.Answer, { id: (json(again) as { id: number }).id, result: null }));
    expect(json(await second.first(FrameType.End))).toMatchObject({ end: { kind: 'exit', code: 0 } });
    expect(text(second.frames)).toBe('answered\n');
  });

  it('ends all and leaves at a bye', async () => {
    const { container, client } = await startRunner();
    client.send(RESET, encodeFrame(FrameType.Job, scriptRequest('trap "" TERM; echo on; sleep 600')));
    await client.first(FrameType.Stdout);
    client.send(encodeFrame(FrameType.Bye, {}));
    await client.closed.promise;
    await container.wait();
    expect((await container.inspect()).State).toMatchObject({ Running: false, ExitCode: 0 });
  });

  it('takes one job and no second', async () => {
    const { client } = await startRunner();
    client.send(RESET, encodeFrame(FrameType.Job, scriptRequest('cronium_output 1; echo first')));
    const call = await client.first(FrameType.Request);
    client.send(encodeFrame(FrameType.Job, scriptRequest('echo second')));
    client.send(encodeFrame(FrameType.Answer, { id: (json(call) as { id: number }).id, result: null }));
    await client.first(FrameType.End);
    expect(text(client.frames)).toBe('first\n');
  });
});
