import type { ScriptExecutionRequest, ScriptExecutionResult, ServerExecutor } from '../port';
import { RecordingObserver } from './recording-observer';
import { never, scriptRequest } from './script-request';

/** A script's run as a test looks at it. */
export interface ScriptRecord {
  readonly observer: RecordingObserver;
  readonly result: ScriptExecutionResult;
}

/** For tests: runs a script to its end. A string is a bash script with the usual limits. */
export async function runScript(
  executor: ServerExecutor,
  request: ScriptExecutionRequest | string,
  observer = new RecordingObserver(),
  signal = never,
): Promise<ScriptRecord> {
  const whole = typeof request === 'string' ? scriptRequest(request) : request;
  return { observer, result: await executor.executeScript(whole, observer, signal) };
}

/** What a script printed, which must have ended well. */
export function printed({ observer, result }: ScriptRecord): string {
  if (result.end.kind !== 'exit' || result.end.code !== 0) {
    throw new Error(`The script ended with ${JSON.stringify(result.end)}: ${observer.stderr}`);
  }
  return observer.stdout;
}
