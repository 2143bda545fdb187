import type { Duplex } from 'node:stream';

import { STDERR, STDOUT, pieceHeader } from '../container/multiplexed-channel';
import type { RunnerSession } from '../runner/runner-session';

/**
 * Joins a client's connection to the stream of a runner: what the runner says goes out in pieces as Docker's attach sends them, what the
 * client says goes in as it is. When either ends the other does, too. What is under way is bounded by the runner, which waits for
 * acknowledgements. Answers what ends both at once.
 */
export function relay(session: RunnerSession, socket: Duplex): () => void {
  const send = (stream: number, data: Buffer) => {
    if (!socket.writable) return;
    socket.cork();
    socket.write(pieceHeader(stream, data.length));
    socket.write(data);
    socket.uncork();
  };
  const runner = session.handOver({
    onData: (chunk) => send(STDOUT, chunk),
    onClose: () => {
      const diagnostics = session.diagnostics();
      if (diagnostics !== '') send(STDERR, Buffer.from(diagnostics));
      socket.end();
    },
  });
  const end = () => {
    session.close();
    socket.destroy();
  };
  socket.on('data', (chunk: Buffer) => runner.send(chunk));
  socket.on('error', end);
  socket.on('close', end);
  // A client that is half gone is gone.
  socket.on('end', end);
  socket.resume();
  return end;
}
