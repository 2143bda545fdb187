import { RUNNER_FOLDERS } from '../contract/runner-folders';
import { createServerExecutor, type ExecutorServer } from '../create-server-executor';
import type { ScriptExecutionRequest, ScriptObserver } from '../port';
import type { ScriptHandle } from '../script-handle';

/** For tests: what a process is told that runs jobs until it is killed (`sandbox-sweeper.spec.ts`). */
export interface CrashOrder {
  readonly server: ExecutorServer;
  readonly installationId: string;
  readonly seccompProfilePath: string;
  readonly requests: readonly ScriptExecutionRequest[];
}

/** What it says: a handle when it is to be kept, and the output of its scripts. */
export type CrashNews = { readonly handle: ScriptHandle } | { readonly jobId: string; readonly seq: number };

process.once('message', (order: CrashOrder) => {
  const silent = () => undefined;
  const executor = createServerExecutor(order.server, {
    installationId: order.installationId,
    seccompProfilePath: order.seccompProfilePath,
    dockerHost: undefined,
    broker: undefined,
    runnerFolders: RUNNER_FOLDERS,
    onHostKeyOffered: silent,
    onSwept: silent,
    sandboxesInUse: (ids) => Promise.resolve(new Set(ids)),
    logger: { debug: silent, info: silent, warn: silent, error: silent },
  });
  void executor.connect();
  for (const request of order.requests) {
    const observer: ScriptObserver = {
      onHandle: (handle) => tell({ handle }),
      onStarted: silent,
      onOutput: ({ seq }) => tell({ jobId: request.jobId, seq }),
      onUsage: silent,
      onHelper: () => new Promise(silent),
      onEnd: () => Promise.resolve(),
    };
    void executor.executeScript(request, observer, new AbortController().signal);
  }
});

function tell(news: CrashNews): Promise<void> {
  process.send?.(news);
  return Promise.resolve();
}
