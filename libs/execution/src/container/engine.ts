import Docker from 'dockerode';

import { ExecutionError } from '../execution-error';
import { dockerOptions } from './docker-options';

/** An engine answers in milliseconds, a machine under full load in seconds; one that needs longer than this hangs. */
export const ANSWER_MS = 60_000;

/** The part of docker-modem that every request of dockerode goes through. */
interface Modem {
  dial(
    request: { readonly abortSignal?: AbortSignal },
    answer: (error: unknown, result: unknown) => void,
  ): void;
}

/** A client for the engine at this address. No request of it waits longer than `ANSWER_MS`; streams, once begun, last as they like. */
export function connectEngine(dockerHost: string | undefined): Docker {
  const docker = new Docker(dockerOptions(dockerHost));
  boundAnswers(docker.modem);
  return docker;
}

function boundAnswers(modem: Modem): void {
  const dial = modem.dial.bind(modem);
  modem.dial = (request, answer) => {
    const hanging = new AbortController();
    const timer = setTimeout(() => hanging.abort(), ANSWER_MS);
    dial({ ...request, abortSignal: hanging.signal }, (error, result) => {
      clearTimeout(timer);
      answer(hanging.signal.aborted ? hangingEngine(error) : error, result);
    });
  };
}

function hangingEngine(cause: unknown): ExecutionError {
  return new ExecutionError(
    'engine_unavailable',
    `The Docker engine did not answer within ${ANSWER_MS / 1000} s. Does it hang, or is the machine overloaded?`,
    { cause },
  );
}
