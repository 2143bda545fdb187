import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import type { EngineContext, ContainerServer } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import {
  BROKER_VERSION,
  STILL_HERE_MS,
  type BrokerAnswer,
  type BrokerRequest,
  type BrokerRequestName,
  type SessionNews,
  sessionNewsSchema,
} from './broker-messages';
import type { BrokerAccess } from './broker-access';
import { type BrokerReply, SessionOverError, exchange } from './exchange';
import { readLines, writeLine } from './line-stream';

const RETRY_MS = 500;
/** A line that is cut says nothing: whoever is there says so three times as often. */
const SILENCE_MS = 3 * STILL_HERE_MS;

/** Requests of a session; the link knows its id. */
type SessionRequestName = Exclude<BrokerRequestName, 'health' | 'session' | 'leave'>;
type Fields<N extends SessionRequestName> = Omit<
  Extract<BrokerRequest, { request: N }>,
  'request' | 'session'
>;

interface Session {
  readonly id: string;
  readonly socket: Socket;
  /** To the runners of jobs: lost with the session. */
  readonly streams: Set<Socket>;
}

/** The way to a broker for one server: a session, begun when first needed and again when it was lost, and requests within it. */
export class BrokerLink {
  private session: Promise<Session> | undefined;
  /** Of the session that holds: the end of a former one says nothing of it. */
  private socket: Socket | undefined;
  private isKept = false;
  /** What is still asked after the close (one gives back a sandbox that was being opened) has a session of its own, and leaves none behind. */
  private isClosed = false;
  /** Requests that wait for an answer, and connections that follow one. */
  private inUse = 0;
  /** What the broker said last of its side. */
  state: Extract<SessionNews, { news: 'state' }> | undefined;

  constructor(
    private readonly broker: BrokerAccess,
    private readonly server: ContainerServer,
    private readonly context: EngineContext,
  ) {}

  /** Keeps a session, with sandboxes warm, until `close`; does not fail when the broker is away. */
  async keep(): Promise<void> {
    if (this.isKept) return;
    this.isKept = true;
    this.isClosed = false;
    await this.leave(); // it may have been begun without the wish for warm ones
    await this.restore();
  }

  async close(): Promise<void> {
    this.isKept = false;
    this.isClosed = true;
    await this.leave();
  }

  /** Rejects with an `ExecutionError`, or the signal's reason. The reply's connection is the caller's. */
  async request<N extends SessionRequestName>(
    name: N,
    fields: Fields<N>,
    signal?: AbortSignal,
  ): Promise<BrokerReply<N>> {
    this.inUse += 1;
    try {
      const reply = await this.askInSession(name, fields, signal);
      if (reply.socket.closed) this.done();
      else reply.socket.once('close', () => this.done());
      return reply;
    } catch (error) {
      this.done();
      throw error;
    }
  }

  /** As `request`, where nothing follows the answer. */
  async ask<N extends SessionRequestName>(name: N, fields: Fields<N>): Promise<BrokerAnswer<N>> {
    const { answer, socket } = await this.request(name, fields);
    socket.destroy();
    return answer;
  }

  private done(): void {
    this.inUse -= 1;
    if (this.isClosed && this.inUse === 0) void this.leave();
  }

  private async askInSession<N extends SessionRequestName>(
    name: N,
    fields: Fields<N>,
    signal: AbortSignal | undefined,
  ): Promise<BrokerReply<N>> {
    const session = await this.open();
    try {
      return await this.within(session, name, fields, signal);
    } catch (error) {
      if (!(error instanceof SessionOverError)) throw error;
      this.lost(session.socket); // it may not have been told of it yet
      return await this.within(await this.open(), name, fields, signal);
    }
  }

  private async within<N extends SessionRequestName>(
    { id, streams }: Session,
    name: N,
    fields: Fields<N>,
    signal: AbortSignal | undefined,
  ): Promise<BrokerReply<N>> {
    const reply = await exchange(this.broker, name, { request: name, session: id, ...fields }, signal);
    const { socket } = reply;
    streams.add(socket);
    socket.once('close', () => streams.delete(socket));
    return reply;
  }

  private open(): Promise<Session> {
    const begun = (this.session ??= this.begin());
    begun.catch(() => {
      if (this.session === begun) this.session = undefined;
    });
    return begun;
  }

  private async begin(): Promise<Session> {
    const { answer, socket } = await exchange(this.broker, 'session', {
      version: BROKER_VERSION,
      request: 'session',
      installationId: this.context.installationId,
      serverId: this.server.id,
      config: this.server.containerConfig,
      warm: this.isKept,
    });
    this.socket = socket;
    const streams = new Set<Socket>();
    const lost = () => {
      for (const stream of streams) stream.destroy();
      this.lost(socket);
    };
    socket.setTimeout(SILENCE_MS, lost);
    // What is not understood ends the session, and it is begun anew.
    readLines(socket, (line) => void this.hear(socket, line).catch(lost), lost);
    return { id: answer.session, socket, streams };
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
    if (socket !== this.socket) return;
    this.socket = undefined;
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
    const begun = await session?.catch(() => undefined);
    begun?.socket.destroy();
    if (begun && this.socket === begun.socket) this.socket = undefined;
  }
}
