import { once } from 'node:events';
import { type Socket, connect } from 'node:net';

import { ExecutionError, type ExecutionErrorCode, executionErrorCodes } from '../execution-error';
import { type BrokerAnswer, type BrokerError, type BrokerRequestName, answerSchema } from './broker-messages';
import { readLine, writeLine } from './line-stream';

/** A sandbox is opened in seconds on an engine under full load. */
const ANSWER_MS = 60_000;

export interface BrokerReply<N extends BrokerRequestName> {
  readonly answer: BrokerAnswer<N>;
  /** What follows the answer; the caller's to close. */
  readonly socket: Socket;
}

/** One request and its answer. Rejects with an `ExecutionError`, with `SessionOverError`, or with the signal's reason. */
export async function exchange<N extends BrokerRequestName>(
  address: string,
  name: N,
  request: object,
  signal?: AbortSignal,
): Promise<BrokerReply<N>> {
  const socket = await dial(address);
  const cut = () => socket.destroy();
  signal?.addEventListener('abort', cut, { once: true });
  const timer = setTimeout(cut, ANSWER_MS);
  try {
    writeLine(socket, request);
    const answer = answerSchema(name).parse(JSON.parse(await readLine(socket)));
    if (isError(answer)) throw refusal(answer);
    return { answer, socket };
  } catch (cause) {
    socket.destroy();
    signal?.throwIfAborted();
    throw cause instanceof ExecutionError || cause instanceof SessionOverError ? cause : away(address, cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cut);
  }
}

/** The broker has forgotten the session: it was begun anew, or the connection was cut. */
export class SessionOverError extends Error {}

async function dial(address: string): Promise<Socket> {
  const socket = connect(address.slice('unix://'.length));
  try {
    await once(socket, 'connect');
    return socket;
  } catch (cause) {
    socket.destroy();
    throw away(address, cause);
  }
}

const isError = (answer: object): answer is BrokerError => 'error' in answer;

function refusal({ error: { code, message } }: BrokerError): Error {
  if (code === 'unknown_session') return new SessionOverError(message);
  if ((executionErrorCodes as readonly string[]).includes(code)) {
    return new ExecutionError(code as ExecutionErrorCode, message);
  }
  const how = code === 'rate_limited' ? 'engine_unavailable' : 'sandbox_failed';
  return new ExecutionError(how, `The sandbox broker refuses: ${message}`);
}

function away(address: string, cause: unknown): ExecutionError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExecutionError(
    'engine_unavailable',
    `The sandbox broker at ${address} does not answer (${reason}). Does it run?`,
    { cause },
  );
}
