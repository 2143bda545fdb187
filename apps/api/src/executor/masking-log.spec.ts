import type { ScriptOutput } from '@cronium/execution';

import { MaskingLog } from './masking-log';
import { SecretMask } from './secret-mask';
import { maskText } from './stream-mask';

const output = (seq: number, text: string, stream: 'stdout' | 'stderr' = 'stdout'): ScriptOutput => ({
  seq,
  stream,
  at: new Date(seq),
  data: Buffer.from(text),
});

describe('MaskingLog', () => {
  let stored: [number, string, string][];
  let log: MaskingLog;

  beforeEach(() => {
    jest.useFakeTimers();
    stored = [];
    log = new MaskingLog(new SecretMask(['hunter2']), ({ seq, stream, data }) => {
      stored.push([seq, stream, data.toString()]);
      return Promise.resolve();
    });
  });
  afterEach(() => jest.useRealTimers());

  it('passes on at once what cannot go on to be a secret', async () => {
    await log.write(output(1, 'plain\n'));
    await log.write(output(2, 'my hunter2\n'));
    expect(stored).toEqual([
      [1, 'stdout', 'plain\n'],
      [2, 'stdout', `my ${maskText}\n`],
    ]);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('passes everything on as it is when there is no secret', async () => {
    const pieces: ScriptOutput[] = [];
    const open = new MaskingLog(new SecretMask([]), (piece) => {
      pieces.push(piece);
      return Promise.resolve();
    });
    const piece = output(1, 'hunter2');
    await open.write(piece);
    expect(pieces[0]).toBe(piece);
  });

  it('masks a secret that comes in pieces, each acknowledged when it is stored', async () => {
    const pieces = ['my hu', 'nte', 'r2 is out\n'].map((text, index) => log.write(output(index + 1, text)));
    await Promise.all(pieces);
    expect(stored).toEqual([
      [1, 'stdout', `my ${maskText}`],
      [2, 'stdout', ''],
      [3, 'stdout', ' is out\n'],
    ]);
  });

  it('masks it also when the other stream speaks in between, and keeps the order', async () => {
    const pieces = [output(1, 'hun'), output(2, 'oops\n', 'stderr'), output(3, 'ter2\n')];
    await Promise.all(pieces.map((piece) => log.write(piece)));
    expect(stored).toEqual([
      [1, 'stdout', maskText],
      [2, 'stderr', 'oops\n'],
      [3, 'stdout', '\n'],
    ]);
  });

  it('does not take the streams for one', async () => {
    const pieces = [output(1, 'hun'), output(2, 'ter2\n', 'stderr'), output(3, '\n')];
    await Promise.all(pieces.map((piece) => log.write(piece)));
    expect(stored.map(([, , text]) => text)).toEqual(['hun', 'ter2\n', '\n']);
  });

  it('does not wait longer than a moment, however often it is strung along', async () => {
    const written = [log.write(output(1, 'prompt: h'))];
    jest.advanceTimersByTime(60);
    written.push(log.write(output(2, 'u')));
    jest.advanceTimersByTime(39);
    expect(stored).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(stored.map(([seq]) => seq)).toEqual([1]);
    jest.advanceTimersByTime(60);
    await Promise.all(written);
    expect(stored.map(([, , text]) => text)).toEqual(['prompt: h', 'u']);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('masks what follows when it has waited too long', async () => {
    const first = log.write(output(1, 'hun'));
    jest.advanceTimersByTime(100);
    await first;
    await log.write(output(2, 'ter2\n'));
    expect(stored.map(([, , text]) => text)).toEqual(['hun', `${maskText}\n`]);
  });

  it('rejects every piece that could not be stored', async () => {
    log = new MaskingLog(new SecretMask(['hunter2']), () => Promise.reject(new Error('disk full')));
    const pieces = await Promise.allSettled([log.write(output(1, 'hun')), log.write(output(2, 'ter2\n'))]);
    expect(pieces.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
