import { PassThrough } from 'node:stream';

import { MultiplexedChannel } from './multiplexed-channel';

/** As the engine packs what a container says: 1 is stdout, 2 stderr. */
function pack(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

function listenTo(socket = new PassThrough()) {
  const channel = new MultiplexedChannel(socket);
  const heard: string[] = [];
  const closes: (Error | undefined)[] = [];
  const closed = new Promise<void>((resolve) => {
    channel.listen({
      onData: (chunk) => heard.push(chunk.toString()),
      onClose: (cause) => {
        closes.push(cause);
        resolve();
      },
    });
  });
  return { channel, socket, heard, closes, closed };
}

describe('MultiplexedChannel', () => {
  it('parts stdout from stderr, wherever the stream is cut', async () => {
    const whole = Buffer.concat([pack(1, 'one '), pack(2, 'a complaint'), pack(1, ''), pack(1, 'two')]);
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const { channel, socket, heard, closed } = listenTo();
      socket.write(whole.subarray(0, cut));
      socket.end(whole.subarray(cut));
      await closed;
      expect(heard.join('')).toBe('one two');
      expect(channel.diagnostics()).toBe('a complaint');
    }
  });

  it('reads what comes byte by byte', async () => {
    const { socket, heard, closed } = listenTo();
    for (const byte of Buffer.concat([pack(1, 'one'), pack(2, 'x'), pack(1, 'two')])) {
      socket.write(Buffer.from([byte]));
    }
    socket.end();
    await closed;
    expect(heard.join('')).toBe('onetwo');
  });

  it('keeps only the end of a long complaint', async () => {
    const { channel, socket, closed } = listenTo();
    socket.end(Buffer.concat([pack(2, 'x'.repeat(10_000)), pack(2, 'the cause')]));
    await closed;
    expect(channel.diagnostics()).toMatch(/^x{4087}the cause$/);
  });

  it('sends raw', async () => {
    const { channel, socket } = listenTo();
    const sent = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    channel.send(Buffer.from('raw'));
    expect((await sent).toString()).toBe('raw');
  });

  it('says once why the stream ended', async () => {
    const { socket, closes, closed } = listenTo();
    const cause = new Error('ECONNRESET');
    socket.destroy(cause);
    await closed;
    await new Promise((resolve) => setImmediate(resolve));
    expect(closes).toEqual([cause]);
  });

  it('says nothing more, and takes nothing more, after it was closed here', async () => {
    const { channel, socket, heard, closes } = listenTo();
    channel.close();
    channel.close();
    channel.send(Buffer.from('late'));
    socket.emit('data', pack(1, 'late'));
    await new Promise((resolve) => setImmediate(resolve));
    expect([heard, closes, socket.destroyed]).toEqual([[], [], true]);
  });

  it('stops in the middle of a chunk when it is closed by what it said', () => {
    const socket = new PassThrough();
    const channel = new MultiplexedChannel(socket);
    const heard: string[] = [];
    channel.listen({
      onData: (chunk) => {
        heard.push(chunk.toString());
        channel.close();
      },
      onClose: () => undefined,
    });
    socket.emit('data', Buffer.concat([pack(1, 'one'), pack(1, 'two')]));
    expect(heard).toEqual(['one']);
  });
});
