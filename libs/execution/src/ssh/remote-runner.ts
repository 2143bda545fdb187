import * as z from 'zod';

import { ExecutionError } from '../execution-error';
import type { Leftovers } from '../port';
import { leftoversSchema } from '../runner/messages';
import type { RunnerFiles } from '../runner/runner-files';
import type { ConnectionPool } from './connection-pool';
import { NotStarted, StartWord, StartedCommand } from './remote-start';
import type { SshChannel } from './ssh-channel';
import { addressOf, shellUnusable } from './ssh-errors';
import type { SshServer } from './ssh-server';

/**
 * Reads a program of so many bytes from stdin, and runs it. In it are no quotes, dollars, backslashes or exclamation marks: it
 * stands in two kinds of quotes, and the login shell may be any.
 */
const READ_PROGRAM =
  'import os,sys;f=lambda n:bytes() if n<1 else (lambda d:d+f(n-len(d)))(os.read(0,n));exec(f(int(sys.argv[1])))';
const NO_PYTHON = 'cronium-no-python3';
const NO_PYTHON_CODE = 44;
const COMMAND_NOT_FOUND = 127;

const answerSchema = z.discriminatedUnion('status', [
  z.object({ status: z.literal('need') }),
  z.object({ status: z.literal('ready'), python: z.string(), replaced: z.string().nullable() }),
  z.object({ status: z.literal('swept'), ...leftoversSchema.shape }),
  z.object({ status: z.literal('gone') }),
  z.object({ status: z.literal('unsupported'), message: z.string() }),
  z.object({
    status: z.literal('failed'),
    code: z.enum(['runner_unavailable', 'server_disk_full']),
    message: z.string(),
  }),
]);

/** What the runner is started for: a new job, one that it has, or to see whether it can be. */
export type RunnerMode = 'launch' | 'attach' | 'check';

export type RunnerStart =
  | {
      readonly kind: 'ready';
      /** Carries the runner's stream; ends after `check`. */
      readonly channel: SshChannel;
      /** Python's version. */
      readonly python: string;
      /** What the login printed before. */
      readonly noise: string;
      /** Why the copy of the runner that was there was not used. */
      readonly replaced: string | null;
    }
  /** There is no runner of this job. */
  | { readonly kind: 'gone' }
  /** The host cannot run the runner. */
  | { readonly kind: 'no_python'; readonly reason: string; readonly noise: string };

/** What killed runners have left was removed. */
interface Swept {
  readonly kind: 'swept';
  readonly leftovers: Leftovers;
}

/** Starts or meets a runner. */
export async function startRunner(
  server: SshServer,
  pool: ConnectionPool,
  files: RunnerFiles,
  mode: RunnerMode,
  runnerId: string,
): Promise<RunnerStart> {
  const start = await carryOut(server, pool, files, mode, runnerId);
  if (start.kind === 'swept') {
    throw new ExecutionError('internal_error', 'A runner was to be started, and not to sweep.');
  }
  return start;
}

/** Removes what killed runners have left; nothing where the host cannot run one. */
export async function sweepRunners(
  server: SshServer,
  pool: ConnectionPool,
  files: RunnerFiles,
): Promise<Leftovers> {
  const swept = await carryOut(server, pool, files, 'sweep', 'sweep');
  return swept.kind === 'swept' ? swept.leftovers : { workspaces: 0, bytes: 0 };
}

/**
 * One command does it all: finds the runner's copy on the host and verifies it, is sent one where there is none, and becomes the front
 * of a job's runner. Everything but the mode and the job's id goes over stdin.
 */
async function carryOut(
  server: SshServer,
  pool: ConnectionPool,
  files: RunnerFiles,
  mode: RunnerMode | 'sweep',
  runnerId: string,
): Promise<RunnerStart | Swept> {
  const word = new StartWord();
  const program = Buffer.from(assignments(files, word, mode, runnerId) + files.bootstrap);
  const channel = await pool.exec(runnerCommand(program.length, mode, runnerId));
  channel.send(program);
  const command = new StartedCommand(channel, server.sshConfig);
  const notStarted = await command.begun(word);
  if (notStarted) {
    return withoutPython(server, notStarted);
  }
  for (;;) {
    const answer = parseAnswer(server, await command.line());
    switch (answer.status) {
      case 'need':
        channel.send(files.bundle);
        break;
      case 'ready':
        command.handOver();
        return { kind: 'ready', channel, noise: command.noise, ...answer };
      case 'swept':
        command.close();
        return { kind: 'swept', leftovers: { workspaces: answer.workspaces, bytes: answer.bytes } };
      case 'gone':
        command.close();
        return { kind: 'gone' };
      case 'unsupported':
        command.close();
        return { kind: 'no_python', reason: answer.message, noise: command.noise };
      case 'failed':
        command.close();
        throw new ExecutionError(answer.code, `${addressOf(server.sshConfig)}: ${answer.message}`);
    }
  }
}

/** The command line, the same words for every login shell. */
function runnerCommand(length: number, mode: RunnerMode | 'sweep', runnerId: string): string {
  if (!/^[\w-]+$/.test(runnerId)) {
    throw new ExecutionError('internal_error', `A runner's id does not look like this: ${runnerId}`);
  }
  return (
    `exec /bin/sh -c 'PATH="$PATH:/usr/local/bin:/usr/bin:/bin"; ` +
    `command -v python3 >/dev/null 2>&1 || { echo ${NO_PYTHON}; exit ${NO_PYTHON_CODE}; }; ` +
    `exec python3 -I -S -c "${READ_PROGRAM}" ${length} cronium-runner ${mode} ${runnerId}'`
  );
}

/** JSON of ASCII strings, numbers and arrays is Python, too. */
function assignments(
  files: RunnerFiles,
  word: StartWord,
  mode: RunnerMode | 'sweep',
  runnerId: string,
): string {
  const values = {
    FIRST: word.first,
    SECOND: word.second,
    VERSION: files.version,
    FILES: files.files.map(({ path, content, checksum }) => [path, content.length, checksum]),
    MODE: mode,
    RUNNER: runnerId,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
    .join('');
}

function withoutPython(server: SshServer, { code, said }: NotStarted): RunnerStart {
  const isMissing =
    (code === NO_PYTHON_CODE && said.includes(NO_PYTHON)) ||
    (code === COMMAND_NOT_FOUND && said.includes('python3'));
  if (isMissing) {
    return {
      kind: 'no_python',
      reason: 'There is no python3 on it.',
      noise: said.slice(0, said.indexOf(NO_PYTHON)).trim(),
    };
  }
  throw shellUnusable(server.sshConfig, `It ended with exit code ${code ?? 'unknown'} instead.`, said);
}

function parseAnswer(server: SshServer, line: string): z.infer<typeof answerSchema> {
  try {
    return answerSchema.parse(JSON.parse(line));
  } catch {
    // Not JSON, or not ours: something else writes into the stream.
    throw shellUnusable(server.sshConfig, 'Something else writes into its output.', line);
  }
}
