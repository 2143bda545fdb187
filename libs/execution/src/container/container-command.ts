import type { Container } from 'dockerode';

import { deferred } from '../deferred';
import { ExecutionError } from '../execution-error';
import { RUNNER_USER } from './container-spec';
import { MultiplexedChannel } from './multiplexed-channel';
import { asDuplex } from './sandbox';

/** A light command is done by then, or hangs. */
const ANSWER_MS = 15_000;
const MAX_ANSWER = 256 * 1024;

/** Runs a command in a container, as the user of its jobs, and gives what it prints. Whether it succeeds is its to print. */
export async function runInContainer(container: Container, command: readonly string[]): Promise<string> {
  const exec = await container.exec({
    Cmd: [...command],
    User: RUNNER_USER,
    WorkingDir: '/',
    Env: ['HOME=/'],
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
  });
  const channel = new MultiplexedChannel(asDuplex(await exec.start({ hijack: true, Tty: false })));
  const end = deferred<void>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const timer = setTimeout(
    () =>
      end.reject(
        new ExecutionError(
          'container_unavailable',
          `A command in the container did not end within ${ANSWER_MS / 1000} s.`,
        ),
      ),
    ANSWER_MS,
  );
  channel.listen({
    onData: (chunk) => {
      bytes += chunk.length;
      if (bytes <= MAX_ANSWER) {
        chunks.push(chunk);
      }
    },
    onClose: (cause) => (cause ? end.reject(cause) : end.resolve()),
  });
  try {
    await end.promise;
  } finally {
    clearTimeout(timer);
    channel.close();
  }
  return Buffer.concat(chunks).toString('utf8');
}
