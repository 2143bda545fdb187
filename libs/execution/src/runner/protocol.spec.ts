import {
  type Frame,
  FrameParser,
  FrameType,
  MarkerSkipper,
  ProtocolError,
  RESET,
  encodeFrame,
} from './protocol';

/** A frame as a runner sends it; `encodeFrame` makes a client's, which have no sequence number. */
function frame(type: number, seq: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(12);
  header.write('Cr', 0, 'latin1');
  header.writeUInt8(1, 2);
  header.writeUInt8(type, 3);
  header.writeUInt32BE(seq, 4);
  header.writeUInt32BE(payload.length, 8);
  return Buffer.concat([header, payload]);
}

const frames: Frame[] = [
  { type: FrameType.Hello, seq: 0, payload: Buffer.from('{}') },
  { type: FrameType.Stdout, seq: 1, payload: Buffer.from('Cr\x01\x03 looks like a header, é') },
  { type: FrameType.Ack, seq: 2, payload: Buffer.alloc(0) },
  { type: FrameType.End, seq: 0xffffffff, payload: Buffer.alloc(300, 0xff) },
];
const stream = Buffer.concat(frames.map(({ type, seq, payload }) => frame(type, seq, payload)));

function parse(chunks: Buffer[]): Frame[] {
  const parser = new FrameParser();
  const found: Frame[] = [];
  for (const chunk of chunks) {
    parser.push(chunk, (one) => found.push({ ...one, payload: Buffer.from(one.payload) }));
  }
  return found;
}

describe('FrameParser', () => {
  it('reads frames that come together', () => {
    expect(parse([stream])).toEqual(frames);
  });

  it('reads frames that are cut at any byte', () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(parse([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(frames);
    }
  });

  it('reads frames that come byte by byte, and with nothing in between', () => {
    const bytes = Array.from(stream, (_, at) => stream.subarray(at, at + 1));
    expect(parse(bytes.flatMap((byte) => [byte, Buffer.alloc(0)]))).toEqual(frames);
  });

  it('reads a frame of its client in turn', () => {
    const message = { jobId: 'j', script: 'echo "Grüße" \u2028' };
    const [read] = parse([encodeFrame(FrameType.Job, message)]);
    expect(read).toMatchObject({ type: FrameType.Job, seq: 0 });
    expect(JSON.parse(read?.payload.toString('utf8') ?? '')).toEqual(message);
  });

  it('takes a frame of 8 MiB and none that is longer', () => {
    const largest = frame(FrameType.Request, 1, Buffer.alloc(8 * 1024 * 1024));
    expect(parse([largest.subarray(0, 100), largest.subarray(100)])[0]?.payload).toHaveLength(
      8 * 1024 * 1024,
    );
    const tooLong = frame(FrameType.Request, 1, Buffer.alloc(0));
    tooLong.writeUInt32BE(8 * 1024 * 1024 + 1, 8);
    expect(() => parse([tooLong])).toThrow(
      new ProtocolError('A frame of 8388609 bytes is longer than any runner sends.'),
    );
  });

  it('refuses what does not begin as a frame does, as soon as a header is there', () => {
    const rubbish = Buffer.from('bash: not found');
    expect(parse([rubbish.subarray(0, 11)])).toEqual([]);
    expect(() => parse([rubbish])).toThrow(ProtocolError);
    expect(() => parse([Buffer.concat([stream, rubbish])])).toThrow('does not carry the runner’s protocol');
  });

  it('refuses another version', () => {
    const newer = frame(FrameType.Hello, 0, Buffer.alloc(0));
    newer.writeUInt8(2, 2);
    expect(() => parse([newer])).toThrow('The runner speaks version 2; this side knows 1.');
  });
});

describe('MarkerSkipper', () => {
  const nonce = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const before = Buffer.concat([Buffer.from('the rest of a broken stream'), nonce.subarray(0, 9)]);
  const after = Buffer.from('what is ours');
  const whole = Buffer.concat([before, nonce, after]);

  it('passes on what follows the marker, wherever the stream is cut', () => {
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const skipper = new MarkerSkipper(nonce);
      const first = skipper.push(whole.subarray(0, cut));
      const rest = whole.subarray(cut);
      const passed = first === undefined ? skipper.push(rest) : Buffer.concat([first, rest]);
      expect(passed?.toString()).toBe(after.toString());
    }
  });

  it('finds a marker that comes byte by byte', () => {
    const skipper = new MarkerSkipper(nonce);
    const at = before.length + nonce.length - 1;
    for (const byte of whole.subarray(0, at)) {
      expect(skipper.push(Buffer.from([byte]))).toBeUndefined();
    }
    expect(skipper.push(whole.subarray(at))).toEqual(after);
  });

  it('passes on nothing without it', () => {
    const skipper = new MarkerSkipper(nonce);
    expect(skipper.push(stream)).toBeUndefined();
    expect(skipper.push(RESET)).toBeUndefined();
  });
});
