import { randomUUID } from 'node:crypto';

import { deferred } from '../deferred';
import type { ExecutorContext } from '../create-server-executor';
import { ExecutionError, ExecutorDisconnectedError } from '../execution-error';
import type { Leftovers, ScriptExecutionRequest } from '../port';
import { FrameType } from '../runner/protocol';
import { type JobGround, type Placement, RunnerExit } from '../runner/job-ground';
import { type RunnerFiles, readRunnerFiles } from '../runner/runner-files';
import { GREETING_MS, RunnerSession, checkVersion } from '../runner/runner-session';
import { lostScript } from '../runner/script-run';
import type { ScriptHandle } from '../script-handle';
import type { ConnectionPool } from './connection-pool';
import { PLAIN_LOSS, startPlainBash } from './plain-bash';
import { type RunnerMode, type RunnerStart, startRunner, sweepRunners } from './remote-runner';
import { type LaunchedRunner, SpareRunners } from './spare-runners';
import type { SshChannel } from './ssh-channel';
import type { SshServer } from './ssh-server';
import { addressOf } from './ssh-errors';

/** How long a runner that is told to drop its job may take to kill and wipe. */
const ABANDON_MS = 10_000;
/** A host that is away is looked for again after this long. */
const RETRY_MS = 2_000;

/**
 * Jobs beside each other on an ssh host: each job's runner is started by a command, detaches itself from it, and is met again by another
 * command. Where there is no python3, bash scripts are run by bash itself and end with their connection.
 */
export class SshGround implements JobGround {
  readonly patienceSeconds: number;
  /** Runners whose jobs are over here, and that could not be told so: their runners are ended when the host is back. */
  private readonly leftovers = new Set<string>();
  private isClearing = false;
  private readonly spares: SpareRunners;
  private closed = deferred<never>();

  constructor(
    private readonly server: SshServer,
    private readonly context: ExecutorContext,
    private readonly pool: ConnectionPool,
  ) {
    this.patienceSeconds = server.sshConfig.graceSeconds;
    this.closed.promise.catch(() => undefined);
    this.spares = new SpareRunners(
      async (runnerId) => {
        const start = await this.start('launch', runnerId);
        return start.kind === 'ready' ? this.greet(runnerId, start.channel) : undefined;
      },
      (err) => this.context.logger.debug({ serverId: server.id, err }, 'No runner could be started ahead.'),
    );
  }

  /** Signs in and starts a runner ahead, in the background: a host may be away. */
  open(): void {
    this.spares.prepare();
  }

  /** Whoever looks for a job is told that the server was left, and runners that wait for one are ended. */
  async close(): Promise<void> {
    this.closed.reject(new ExecutorDisconnectedError());
    this.closed = deferred<never>();
    this.closed.promise.catch(() => undefined);
    await this.spares.close();
  }

  async place(request: ScriptExecutionRequest, signal: AbortSignal): Promise<Placement> {
    signal.throwIfAborted();
    const ready = await this.spares.take();
    if (ready) {
      this.spares.prepare();
      return this.placement(ready.runnerId, ready);
    }
    signal.throwIfAborted();
    // Not named for its job: what a process that was killed has left behind, and that has no job, must not be in the way.
    const runnerId = randomUUID();
    const start = await this.start('launch', runnerId);
    switch (start.kind) {
      case 'ready':
        this.spares.prepare();
        return this.placement(runnerId, await this.greet(runnerId, start.channel));
      case 'no_python':
        return this.plain(request, start.reason);
      case 'gone':
        throw new ExecutionError('runner_unavailable', 'The runner ended before it could be given its job.');
    }
  }

  async find(handle: ScriptHandle): Promise<Placement> {
    if (handle.location['mode'] === 'plain') {
      throw new ExecutionError('script_lost', `The script is lost, its end is unknown. ${PLAIN_LOSS}`);
    }
    const runnerId = handle.location['runnerId'] ?? '';
    const found = await this.findPatiently(runnerId);
    if (found instanceof RunnerExit) {
      throw new ExecutionError('script_lost', `The script is lost, its end is unknown. ${found.description}`);
    }
    return this.placement(runnerId, found);
  }

  /** Ends the runners of jobs that were given up while the host was away. */
  private async clearLeftovers(): Promise<void> {
    if (this.isClearing) {
      return;
    }
    this.isClearing = true;
    try {
      for (const runnerId of [...this.leftovers]) {
        const found = await this.attach(runnerId);
        if (!(found instanceof RunnerExit)) {
          await abandon(found.session);
        }
        this.leftovers.delete(runnerId);
      }
    } catch (err) {
      this.context.logger.debug({ serverId: this.server.id, err }, 'A given-up job cannot be ended yet.');
    } finally {
      this.isClearing = false;
    }
  }

  /** Whether a job could run now: makes sure of the runner's copy. Rejects with why not. */
  async check(): Promise<RunnerStart> {
    const start = await this.start('check', 'check');
    if (start.kind === 'ready') {
      start.channel.close();
    }
    return start;
  }

  /** As `ServerExecutor.removeLeftovers`. */
  async sweep(): Promise<Leftovers> {
    return sweepRunners(this.server, this.pool, await this.files());
  }

  private files(): Promise<RunnerFiles> {
    return readRunnerFiles(this.context.runnerFolders).catch((cause: unknown) => {
      throw new ExecutionError(
        'internal_error',
        `The runner’s files cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    });
  }

  private async start(mode: RunnerMode, runnerId: string): Promise<RunnerStart> {
    const start = await startRunner(this.server, this.pool, await this.files(), mode, runnerId);
    if (mode !== 'attach' && this.leftovers.size > 0) {
      void this.clearLeftovers();
    }
    if (start.kind === 'ready' && start.replaced !== null) {
      this.context.logger.warn(
        { serverId: this.server.id, reason: start.replaced },
        'The copy of the runner on an ssh host was not to be trusted, and was replaced.',
      );
    }
    return start;
  }

  private async greet(runnerId: string, channel: SshChannel): Promise<LaunchedRunner> {
    const session = new RunnerSession(channel);
    try {
      checkVersion(await session.greeted(GREETING_MS));
    } catch (cause) {
      session.close();
      throw this.launchError(cause, session.diagnostics());
    }
    return { runnerId, session, channel };
  }

  private async plain(request: ScriptExecutionRequest, reason: string): Promise<Placement> {
    if (request.language !== 'bash') {
      throw new ExecutionError(
        'interpreter_missing',
        `${addressOf(this.server.sshConfig)} cannot run this: ${reason} Without python3 only bash scripts run there. Install python3.`,
      );
    }
    const session = new RunnerSession(await startPlainBash(this.server, this.pool, reason));
    return {
      location: { executor: 'ssh', mode: 'plain' },
      session,
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: () => Promise.resolve(new RunnerExit(false, PLAIN_LOSS)),
      remove: () => abandon(session),
      release: () => session.close(),
    };
  }

  private placement(runnerId: string, first: Meeting): Placement {
    let current = first;
    let released = false;
    return {
      location: { executor: 'ssh', mode: 'runner', runnerId },
      session: first.session,
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: async () => {
        const found = await this.attach(runnerId);
        if (found instanceof RunnerExit) {
          return found;
        }
        current = found;
        if (released) {
          found.session.close();
        }
        return found.session;
      },
      remove: async () => {
        if (released) {
          return;
        }
        released = true;
        await abandon(current.session);
        // A runner that has left closes the command in front of it; otherwise the connection was lost.
        if (!current.channel.exit) {
          this.leftovers.add(runnerId);
          await this.clearLeftovers();
        }
      },
      release: () => {
        released = true;
        current.session.close();
      },
    };
  }

  private async attach(runnerId: string): Promise<Meeting | RunnerExit> {
    const start = await this.start('attach', runnerId);
    switch (start.kind) {
      case 'ready':
        return { session: new RunnerSession(start.channel), channel: start.channel };
      case 'gone':
        return new RunnerExit(
          false,
          `Its runner is not on ${addressOf(this.server.sshConfig)} any more: the host was restarted, or somebody ended it.`,
        );
      case 'no_python':
        return new RunnerExit(false, `Its runner cannot be met: ${start.reason}`);
    }
  }

  /** As long as the host cannot be reached the job may well be there. */
  private async findPatiently(runnerId: string): Promise<Meeting | RunnerExit> {
    const deadline = performance.now() + this.patienceSeconds * 1000;
    for (;;) {
      try {
        return await Promise.race([this.attach(runnerId), this.closed.promise]);
      } catch (cause) {
        if (cause instanceof ExecutorDisconnectedError) {
          throw cause;
        }
        if (performance.now() + RETRY_MS > deadline) {
          throw lostScript(cause instanceof Error ? cause : new Error(String(cause)));
        }
      }
      const pause = deferred<void>();
      const timer = setTimeout(pause.resolve, RETRY_MS);
      await Promise.race([pause.promise, this.closed.promise]).finally(() => clearTimeout(timer));
    }
  }

  private launchError(cause: unknown, said: string): ExecutionError {
    if (cause instanceof ExecutionError) {
      return cause;
    }
    const where = addressOf(this.server.sshConfig);
    const last = said.split('\n').at(-1) ?? '';
    if (/Errno 28|Errno 122|No space left|quota exceeded/i.test(said)) {
      return new ExecutionError(
        'server_disk_full',
        `${where} has no space left for a job’s folder. ${last}`,
        { cause },
      );
    }
    return new ExecutionError('runner_unavailable', `The runner ended at once on ${where}. ${last}`, {
      cause,
    });
  }
}

/** A connection to a runner, and the command that carries it. */
type Meeting = Pick<LaunchedRunner, 'session' | 'channel'>;

/** Tells the runner that nothing more is wanted of it, and waits until it has cleared up and left. */
async function abandon(session: RunnerSession): Promise<void> {
  const { promise: closed, resolve } = deferred<void>();
  session.onClosed(resolve);
  session.send(FrameType.Bye, {});
  const timer = setTimeout(resolve, ABANDON_MS);
  await closed;
  clearTimeout(timer);
  session.close();
}
