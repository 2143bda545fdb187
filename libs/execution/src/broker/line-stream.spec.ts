import { once } from 'node:events';
import { PassThrough } from 'node:stream';

import { MAX_LINE_BYTES } from './broker-messages';
import { readLine, readLines, writeLine } from './line-stream';

describe('readLine', () => {
  it('gives one line, however it comes, and leaves what is behind it to the next reader', async () => {
    const socket = new PassThrough();
    const line = readLine(socket);
    for (const piece of ['{"a"', ':1}', '\nraw ', 'bytes']) socket.write(piece);
    expect(await line).toBe('{"a":1}');
    const [rest] = (await once(socket.resume(), 'data')) as [Buffer];
    expect(rest.toString()).toMatch(/^raw /);
  });

  it('says so when the connection ends before', async () => {
    const socket = new PassThrough();
    const line = readLine(socket);
    socket.end('half');
    await expect(line).rejects.toThrow('The connection has ended');
  });

  it('refuses a line without an end', async () => {
    const socket = new PassThrough();
    const line = readLine(socket);
    socket.write(Buffer.alloc(MAX_LINE_BYTES + 1, 'x'));
    await expect(line).rejects.toThrow('longer than');
  });
});

describe('readLines', () => {
  it('hears every line, and the end once', async () => {
    const socket = new PassThrough();
    const heard: string[] = [];
    const ended = new Promise((resolve) => readLines(socket, (line) => heard.push(line), resolve));
    writeLine(socket, { first: 'ü' });
    writeLine(socket, { second: 2 });
    socket.end();
    await ended;
    expect(heard).toEqual(['{"first":"ü"}', '{"second":2}']);
  });
});
