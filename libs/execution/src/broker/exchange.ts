import type { Socket } from 'node:net';

import { ExecutionError, type ExecutionErrorCode, executionErrorCodes } from '../execution-error';
import { type BrokerAccess, addressOf, away, dial } from './broker-access';
import { type AnsweredName, type BrokerAnswer, type BrokerError, answerSchema } from './broker-messages';
import { readLine, writeLine } from './line-stream';

/** A sandbox is opened in seconds on an engine under full load. */
const ANSWER_MS = 60_000;

export interface BrokerReply<N extends AnsweredName> {
  readonly answer: BrokerAnswer<N>;
  /** What follows the answer; the caller's to close. */
  readonly socket: Socket;
}

/** One request and its answer. Rejects with an `ExecutionError`, with `SessionOverError`, or with the signal's reason. */
export async function exchange<N extends AnsweredName>(
  access: BrokerAccess,
  name: N,
  request: object,
  signal?: AbortSignal,
): Promise<BrokerReply<N>> {
  const socket = await dial(access);
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
    throw cause instanceof ExecutionError || cause instanceof SessionOverError
      ? cause
      : away(addressOf(access), cause);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cut);
  }
}

/** The broker has forgotten the session: it was begun anew, or the connection was cut. */
export class SessionOverError extends Error {}

const isError = (answer: object): answer is BrokerError => 'error' in answer;

function refusal({ error: { code, message } }: BrokerError): Error {
  if (code === 'unknown_session') return new SessionOverError(message);
  if ((executionErrorCodes as readonly string[]).includes(code)) {
    return new ExecutionError(code as ExecutionErrorCode, message);
  }
  if (code === 'not_joined')
    return new ExecutionError('broker_untrusted', `The sandbox broker refuses: ${message}`);
  const how = code === 'rate_limited' ? 'engine_unavailable' : 'sandbox_failed';
  return new ExecutionError(how, `The sandbox broker refuses: ${message}`);
}
