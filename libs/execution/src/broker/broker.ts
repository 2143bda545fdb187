import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';

import { connectEngine } from '../container/engine';
import { engineError } from '../container/engine-errors';
import type { ExecutorLogger } from '../create-server-executor';
import { ExecutionError } from '../execution-error';
import { RunnerExit } from '../runner/job-ground';
import {
  BROKER_VERSION,
  type BrokerAnswer,
  type BrokerError,
  type BrokerRequest,
  type BrokerRequestName,
  brokerRequestSchema,
  handleLocation,
  locationSchema,
} from './broker-messages';
import { type BrokerPolicy, BrokerRefusal, checkConfig, checkLimits } from './broker-policy';
import { BrokerSession } from './broker-session';
import { readLine, writeLine } from './line-stream';
import type { RequestRate } from './request-rate';
import { ServedServer } from './served-server';

/** A client says what it wants at once. */
const REQUEST_MS = 10_000;

/** Who is at the other end of a connection, as its transport knows. */
export interface BrokerPeer {
  readonly name: string;
  /** The one installation that it may speak for; undefined for one that is trusted with all (the local socket). */
  readonly installationId: string | undefined;
  readonly rate: RequestRate;
  /** Forgets who it is; undefined where nothing is remembered. */
  readonly leave: (() => Promise<void>) | undefined;
}

export interface BrokerOptions {
  readonly dockerHost: string | undefined;
  readonly seccompProfilePath: string;
  readonly policy: BrokerPolicy;
  readonly logger: ExecutorLogger;
}

type Of<N extends BrokerRequestName> = Extract<BrokerRequest, { request: N }>;

/** What a request is answered with, and what becomes of the connection then; without that it ends. */
interface Done<N extends BrokerRequestName = BrokerRequestName> {
  readonly answer: BrokerAnswer<N>;
  readonly onAnswered?: () => void;
}

/**
 * Holds the engine's socket and the warm pools, so that the API need not: opens sandboxes within its configuration, leads to their runners,
 * and ends them. It is given no image, mount, capability, network or command that its own configuration does not name, and reaches no
 * container that is not a sandbox of the server that is asked for.
 */
export class Broker {
  private readonly servers = new Map<string, ServedServer>();
  private readonly sessions = new Map<
    string,
    { readonly peer: string; readonly session: BrokerSession; readonly server: ServedServer }
  >();
  private readonly sockets = new Set<Duplex>();
  private isClosed = false;

  constructor(private readonly options: BrokerOptions) {}

  /** Serves one connection. */
  accept(socket: Duplex, peer: BrokerPeer): void {
    if (this.isClosed) {
      socket.destroy();
      return;
    }
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    void this.serve(socket, peer);
  }

  /** Whether its engine answers. */
  async isWell(): Promise<boolean> {
    return connectEngine(this.options.dockerHost)
      .ping()
      .then(
        () => true,
        () => false,
      );
  }

  /** Ends all connections and removes what serves no job. Jobs go on, for a successor. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.servers.values()].map((server) => server.close()));
    for (const socket of this.sockets) socket.destroy();
  }

  private async serve(socket: Duplex, peer: BrokerPeer): Promise<void> {
    const timer = setTimeout(() => socket.destroy(), REQUEST_MS);
    const line = await readLine(socket).catch(() => undefined);
    clearTimeout(timer);
    if (line === undefined) {
      socket.destroy();
      return;
    }
    const began = performance.now();
    let request: BrokerRequest | undefined;
    let refusal: BrokerError['error'] | undefined;
    try {
      request = readRequest(line);
      if (!peer.rate.take()) {
        throw new BrokerRefusal(
          'rate_limited',
          'More requests than this broker takes (CRONIUM_BROKER_RATE).',
        );
      }
      const { answer, onAnswered } = await this.handle(request, socket, peer);
      writeLine(socket, answer);
      if (onAnswered) onAnswered();
      else socket.end();
    } catch (error) {
      refusal = this.describe(error);
      writeLine(socket, { error: refusal });
      socket.end();
    }
    this.log(peer, request, refusal, performance.now() - began);
  }

  private async handle(request: BrokerRequest, socket: Duplex, peer: BrokerPeer): Promise<Done> {
    switch (request.request) {
      case 'health':
        return this.health();
      case 'leave':
        return this.leave(peer);
      case 'session':
        return this.begin(request, socket, peer);
    }
    const { server, session } = this.session(request.session, peer);
    switch (request.request) {
      case 'open':
        return this.open(request, server, session, socket);
      case 'attach':
        return this.attach(request, server, session, socket);
      case 'stop':
        return server.stop(handleLocation(request.location)).then(() => ({ answer: {} }));
      case 'check':
        return server.ground.check().then(() => ({ answer: {} }));
      case 'usage':
        return server.ground.machine().then(({ cores, memoryBytes }) => ({ answer: { cores, memoryBytes } }));
      case 'measure':
        return server.ground.measure().then((room) => ({ answer: { room } }));
      case 'sweep':
        return server.ground.sweep().then((answer) => ({ answer }));
    }
  }

  private async health(): Promise<Done<'health'>> {
    try {
      await connectEngine(this.options.dockerHost).ping();
    } catch (cause) {
      throw engineError(cause, 'a health check');
    }
    return { answer: { version: BROKER_VERSION, sandboxes: this.jobs, engine: 'up' } };
  }

  private begin(
    { installationId, serverId, config, warm }: Of<'session'>,
    socket: Duplex,
    peer: BrokerPeer,
  ): Promise<Done<'session'>> {
    if (peer.installationId !== undefined && peer.installationId !== installationId) {
      throw new BrokerRefusal('not_allowed', `${peer.name} may not speak for another installation.`);
    }
    checkConfig(this.options.policy, config);
    const key = JSON.stringify([installationId, serverId, config]);
    let server = this.servers.get(key);
    if (!server) {
      const made = new ServedServer(
        serverId,
        config,
        { ...this.options, installationId },
        () => void this.forget(key, made),
      );
      server = made;
      this.servers.set(key, server);
    }
    const served = server;
    const id = randomUUID();
    const onAnswered = () => {
      const session = new BrokerSession(socket, () => {
        this.sessions.delete(id);
        served.leave(session);
      });
      this.sessions.set(id, { peer: peer.name, session, server: served });
      void served.join(session, warm);
    };
    return Promise.resolve({ answer: { session: id }, onAnswered });
  }

  private async leave(peer: BrokerPeer): Promise<Done<'leave'>> {
    if (!peer.leave) {
      throw new BrokerRefusal('bad_request', `${peer.name} has not joined, and cannot leave.`);
    }
    await peer.leave();
    return { answer: {} };
  }

  private async open(
    { jobId, limits }: Of<'open'>,
    server: ServedServer,
    session: BrokerSession,
    socket: Duplex,
  ): Promise<Done<'open'>> {
    checkLimits(this.options.policy, limits);
    if (this.jobs >= this.options.policy.jobs) {
      throw new BrokerRefusal(
        'rate_limited',
        `This broker has ${this.jobs} jobs in sandboxes, as many as it may (CRONIUM_BROKER_JOBS).`,
      );
    }
    const placement = await server.open({ jobId, limits }, whenClosed(socket));
    return {
      answer: { location: locationSchema.parse(placement.location) },
      onAnswered: () => {
        server.connect(session, placement, placement.session, socket);
        placement.sent({ jobId });
      },
    };
  }

  private async attach(
    { jobId, location }: Of<'attach'>,
    server: ServedServer,
    session: BrokerSession,
    socket: Duplex,
  ): Promise<Done<'attach'>> {
    const found = await server.attach(jobId, handleLocation(location));
    if (found instanceof RunnerExit) {
      const { outOfMemory, description } = found;
      return { answer: { exit: { outOfMemory, description } } };
    }
    const { placement, runner } = found;
    return { answer: { location }, onAnswered: () => server.connect(session, placement, runner, socket) };
  }

  private session(
    id: string,
    peer: BrokerPeer,
  ): { readonly session: BrokerSession; readonly server: ServedServer } {
    const found = this.sessions.get(id);
    if (found?.peer !== peer.name)
      throw new BrokerRefusal('unknown_session', 'This session is over: its connection has ended.');
    return found;
  }

  private get jobs(): number {
    return [...this.servers.values()].reduce((sum, { jobs }) => sum + jobs, 0);
  }

  private async forget(key: string, server: ServedServer): Promise<void> {
    if (this.servers.get(key) === server) this.servers.delete(key);
    await server.close();
  }

  private describe(error: unknown): BrokerError['error'] {
    if (error instanceof BrokerRefusal || error instanceof ExecutionError) {
      return { code: error.code, message: error.message };
    }
    const { code, message } = engineError(error, 'a request of the broker’s');
    return { code, message };
  }

  private log(
    peer: BrokerPeer,
    request: BrokerRequest | undefined,
    refusal: BrokerError['error'] | undefined,
    milliseconds: number,
  ): void {
    const { request: name, ...details } = request ?? { request: 'unreadable' };
    const fields = {
      peer: peer.name,
      request: name,
      ...('jobId' in details && { jobId: details.jobId }),
      ...('serverId' in details && { serverId: details.serverId }),
      ...('location' in details && { containerId: details.location.containerId }),
      ms: Math.round(milliseconds * 10) / 10,
    };
    if (refusal) this.options.logger.warn({ ...fields, ...refusal }, 'Refused a request.');
    else this.options.logger.info(fields, 'Served a request.');
  }
}

function readRequest(line: string): BrokerRequest {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new BrokerRefusal('bad_request', 'The request is no line of JSON.');
  }
  const parsed = brokerRequestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new BrokerRefusal(
      'bad_request',
      `The request is not understood: ${issue?.path.join('.')}: ${issue?.message}`,
    );
  }
  return parsed.data;
}

/** Aborts when the client goes away before it was served. */
function whenClosed(socket: Duplex): AbortSignal {
  const gone = new AbortController();
  socket.once('close', () => gone.abort(new Error('The client has gone.')));
  if (socket.destroyed) gone.abort(new Error('The client has gone.'));
  return gone.signal;
}
