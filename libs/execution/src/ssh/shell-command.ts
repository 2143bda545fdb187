import { deferred } from '../deferred';
import type { ConnectionPool } from './connection-pool';
import { StartWord, StartedCommand } from './remote-start';
import type { SshChannel } from './ssh-channel';
import { hostUnreachable, shellUnusable } from './ssh-errors';
import type { SshServer } from './ssh-server';

/** A script of a few lines is done by then, or hangs. */
const ANSWER_MS = 15_000;
const MAX_ANSWER = 256 * 1024;

/** Runs a few lines of POSIX shell on the host, sent over stdin, and gives what they print. Whether they succeed is theirs to print. */
export async function runShell(server: SshServer, pool: ConnectionPool, script: string): Promise<string> {
  const word = new StartWord();
  const channel = await pool.exec('exec /bin/sh -s');
  const path = 'PATH="$PATH:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"';
  // The shell reads to the end before it may end: nothing of the script is left for anyone else to read.
  channel.send(
    Buffer.from(
      `{ printf '%s%s\\n' ${word.first} ${word.second}; ${path}\n${script}\n} </dev/null; exit 0\n`,
    ),
  );
  channel.endInput();
  const command = new StartedCommand(channel, server.sshConfig);
  const notStarted = await command.begun(word);
  if (notStarted) {
    throw shellUnusable(
      server.sshConfig,
      `It ended with exit code ${notStarted.code ?? 'unknown'} instead.`,
      notStarted.said,
    );
  }
  command.handOver();
  return readAll(server, channel);
}

async function readAll(server: SshServer, channel: SshChannel): Promise<string> {
  const end = deferred<void>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(() => {
    end.reject(hostUnreachable(server.sshConfig, `A command did not end within ${ANSWER_MS / 1000} s.`));
  }, ANSWER_MS);
  channel.listen({
    onData: (chunk) => {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER) {
        chunks.push(chunk);
      }
    },
    onClose: (cause) => {
      if (cause) {
        end.reject(hostUnreachable(server.sshConfig, cause.message, cause));
      } else {
        end.resolve();
      }
    },
  });
  try {
    await end.promise;
  } finally {
    clearTimeout(timer);
    channel.close();
  }
  return Buffer.concat(chunks).toString('utf8');
}
