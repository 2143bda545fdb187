import type { Duplex } from 'node:stream';

import { MAX_LINE_BYTES } from './broker-messages';

const NEWLINE = 0x0a;

/** The connection ended, or carried something else than lines. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/** Writes a message as one line of JSON. */
export function writeLine(socket: Duplex, message: object): void {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
}

/** The next line of a connection, which stands still after it: what comes behind it is for the next reader. */
export function readLine(socket: Duplex): Promise<string> {
  return new Promise((resolve, reject) => {
    const stop = readLines(
      socket,
      (line, rest) => {
        stop();
        socket.pause();
        if (rest.length > 0) socket.unshift(rest);
        resolve(line);
      },
      reject,
    );
  });
}

/**
 * Hears each line of a connection until it ends, with what has arrived behind the line. The listener for the end is called once. Answers
 * what ends the hearing.
 */
export function readLines(
  socket: Duplex,
  onLine: (line: string, rest: Buffer) => void,
  onEnd: (error: Error) => void,
): () => void {
  let held: Buffer = Buffer.alloc(0);
  let isHearing = true;
  const hear = (chunk: Buffer) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    for (let at = held.indexOf(NEWLINE); isHearing && at >= 0; at = held.indexOf(NEWLINE)) {
      const line = held.toString('utf8', 0, at);
      held = held.subarray(at + 1);
      onLine(line, held);
    }
    if (isHearing && held.length > MAX_LINE_BYTES) {
      end(new LineError(`A line is longer than ${MAX_LINE_BYTES} bytes.`));
    }
  };
  const close = () => end(new LineError('The connection has ended.'));
  const stop = () => {
    isHearing = false;
    socket.off('data', hear).off('error', end).off('end', close).off('close', close);
  };
  const end = (error: Error) => {
    if (!isHearing) return;
    stop();
    onEnd(error);
  };
  socket.on('data', hear).on('error', end).on('end', close).on('close', close);
  socket.resume();
  return stop;
}
