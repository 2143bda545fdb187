import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

import { setTimeout as delay } from 'node:timers/promises';

import type { EngineContext, ContainerServer } from '../create-server-executor';
import { ExecutionError, type ExecutionErrorCode, executionErrorCodes } from '../execution-error';
import {
  BROKER_VERSION,
  type BrokerAnswer,
  type BrokerRequest,
  type BrokerRequestName,
  type SessionNews,
  answerSchema,
  sessionNewsSchema,
} from './broker-messages';
import { readLine, readLines, writeLine } from './line-stream';

/** A sandbox is opened in seconds on an engine under full load. */
const ANSWER_MS = 60_000;
const RETRY_MS = 500;

/** Requests of a session; the link knows its id. */
type SessionRequestName = Exclude<BrokerRequestName, 'health' | 'session'>;
type Fields<N extends SessionRequestName> = Omit<
  Extract<BrokerRequest, { request: N }>,
  'request' | 'session'
>;

export interface BrokerReply<N extends BrokerRequestName> {
  readonly answer: BrokerAnswer<N>;
  /** What follows the answer. */
  readonly socket: Socket;
}

interface Session {
  readonly id: string;
  readonly socket: Socket;
}

/** The way to a broker for one server: a session, begun when first needed and again when it was lost, and requests within it. */
export class BrokerLink {
  private session: Promise<Session> | undefined;
  private isKept = false;
  /** What the broker said last of its side. */
  state: Extract<SessionNews, { news: 'state' }> | undefined;

  constructor(
    private readonly address: string,
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {}

  /** Keeps a session, with sandboxes warm, until `close`; does not fail when the broker is away. */
  async keep(): Promise<void> {
    if (this.isKept) return;
    this.isKept = true;
    await this.leave(); // it may have been begun without the wish for warm ones
    await this.restore();
  }

  async close(): Promise<void> {
    this.isKept = false;
    await this.leave();
  }

  /** Rejects with an `ExecutionError`, or the signal's reason. The reply's connection is the caller's. */
  async request<N extends SessionRequestName>(
    name: N,
    fields: Fields<N>,
    signal?: AbortSignal,
  ): Promise<BrokerReply<N>> {
    const { id } = await this.open();
    try {
      return await this.exchange(name, { request: name, session: id, ...fields }, signal);
    } catch (error) {
      if (!(error instanceof SessionOverError)) throw error;
      const again = await this.open();
      return await this.exchange(name, { request: name, session: again.id, ...fields }, signal);
    }
  }

  private open(): Promise<Session> {
    const begun = (this.session ??= this.begin());
    begun.catch(() => {
      if (this.session === begun) this.session = undefined;
    });
    return begun;
  }

  private async begin(): Promise<Session> {
    const { answer, socket } = await this.exchange('session', {
      version: BROKER_VERSION,
      request: 'session',
      installationId: this.context.installationId,
      serverId: this.server.id,
      config: this.server.containerConfig,
      warm: this.isKept,
    });
    readLines(
      socket,
      (line) => void this.hear(socket, line),
      () => this.lost(socket),
    );
    return { id: answer.session, socket };
  }

  private async hear(socket: Socket, line: string): Promise<void> {
    const news = sessionNewsSchema.parse(JSON.parse(line));
    switch (news.news) {
      case 'state':
        this.state = news;
        break;
      case 'swept':
        this.context.onSwept(this.server.id, news.count);
        break;
      case 'ask': {
        const { number, containerIds } = news;
        // Unanswered, all of them count as in use.
        const inUse = await this.context.sandboxesInUse(containerIds).catch(() => new Set(containerIds));
        writeLine(socket, { reply: 'inUse', number, containerIds: [...inUse] });
      }
    }
  }

  private lost(socket: Socket): void {
    socket.destroy();
    this.session = undefined;
    this.state = undefined;
    if (this.isKept) void this.restore();
  }

  /** Until it is there again. */
  private async restore(): Promise<void> {
    let wasTold = false;
    while (this.isKept) {
      try {
        await this.open();
        return;
      } catch (err) {
        if (!wasTold)
          this.context.logger.warn({ serverId: this.server.id, err }, 'The sandbox broker is away.');
        if (!wasTold && !(err instanceof ExecutionError && err.code === 'engine_unavailable')) return;
        wasTold = true;
      }
      await delay(RETRY_MS, undefined, { ref: false });
    }
  }

  private async leave(): Promise<void> {
    const session = this.session;
    this.session = undefined;
    this.state = undefined;
    (await session?.catch(() => undefined))?.socket.destroy();
  }

  private async exchange<N extends BrokerRequestName>(
    name: N,
    request: object,
    signal?: AbortSignal,
  ): Promise<BrokerReply<N>> {
    const socket = await this.dial();
    const cut = () => socket.destroy();
    signal?.addEventListener('abort', cut, { once: true });
    const timer = setTimeout(cut, ANSWER_MS);
    try {
      writeLine(socket, request);
      const answer = answerSchema(name).parse(JSON.parse(await readLine(socket)));
      if ('error' in (answer as object))
        throw refusal(answer as { error: { code: string; message: string } });
      return { answer: answer as BrokerAnswer<N>, socket };
    } catch (cause) {
      socket.destroy();
      signal?.throwIfAborted();
      throw cause instanceof ExecutionError || cause instanceof SessionOverError ? cause : this.away(cause);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cut);
    }
  }

  private async dial(): Promise<Socket> {
    const socket = connect(this.address.replace(/^unix:\/\//, ''));
    try {
      await once(socket, 'connect');
      return socket;
    } catch (cause) {
      socket.destroy();
      throw this.away(cause);
    }
  }

  private away(cause: unknown): ExecutionError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new ExecutionError(
      'engine_unavailable',
      `The sandbox broker at ${this.address} does not answer (${reason}). Does it run?`,
      { cause },
    );
  }
}

/** The broker has forgotten the session: it was begun anew, or the connection was cut. */
class SessionOverError extends Error {}

function refusal({ error: { code, message } }: { error: { code: string; message: string } }): Error {
  if (code === 'unknown_session') return new SessionOverError(message);
  if ((executionErrorCodes as readonly string[]).includes(code)) {
    return new ExecutionError(code as ExecutionErrorCode, message);
  }
  if (code === 'rate_limited')
    return new ExecutionError('engine_unavailable', `The sandbox broker refuses: ${message}`);
  return new ExecutionError('sandbox_failed', `The sandbox broker refuses: ${message}`);
}
