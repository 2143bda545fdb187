import { deferred } from '../deferred';
import type {
  HelperRequest,
  ScriptExecutionResult,
  ScriptObserver,
  ScriptOutput,
  ScriptUsage,
} from '../port';
import type { ScriptHandle } from '../script-handle';

/** For tests: notes everything it hears, and lets a test wait for it. */
export class RecordingObserver implements ScriptObserver {
  readonly calls: string[] = [];
  readonly outputs: ScriptOutput[] = [];
  readonly helpers: HelperRequest[] = [];
  readonly usages: ScriptUsage[] = [];
  handle: ScriptHandle | undefined;
  startedAt: Date | undefined;
  private readonly waiting: { holds: () => boolean; resolve: () => void }[] = [];

  /** Replace these to slow down, refuse or answer. */
  onHandleDo: (handle: ScriptHandle) => Promise<void> = () => Promise.resolve();
  onOutputDo: (output: ScriptOutput) => Promise<void> = () => Promise.resolve();
  onEndDo: (result: ScriptExecutionResult) => Promise<void> = () => Promise.resolve();
  onHelperDo: (request: HelperRequest) => Promise<unknown> = () => Promise.resolve(null);

  async onHandle(handle: ScriptHandle): Promise<void> {
    this.note('handle');
    this.handle = handle;
    await this.onHandleDo(handle);
  }

  onStarted(at: Date): void {
    this.startedAt = at;
    this.note('started');
  }

  onOutput(output: ScriptOutput): Promise<void> {
    this.outputs.push(output);
    this.note(output.stream);
    return this.onOutputDo(output);
  }

  /** Not among the calls: when it comes is chance. */
  onUsage(usage: ScriptUsage): void {
    this.usages.push(usage);
    this.wake();
  }

  onHelper(request: HelperRequest): Promise<unknown> {
    this.helpers.push(request);
    this.note('helper');
    return this.onHelperDo(request);
  }

  async onEnd(result: ScriptExecutionResult): Promise<void> {
    this.note('end');
    await this.onEndDo(result);
  }

  bytes(stream: 'stdout' | 'stderr'): Buffer {
    return Buffer.concat(this.outputs.filter((output) => output.stream === stream).map(({ data }) => data));
  }

  get stdout(): string {
    return this.bytes('stdout').toString('utf8');
  }

  get stderr(): string {
    return this.bytes('stderr').toString('utf8');
  }

  /** The handle as a caller would give it back: raised to the last output that was kept. */
  get durableHandle(): ScriptHandle {
    if (!this.handle) {
      throw new Error('There was no handle.');
    }
    return { ...this.handle, ackedSeq: this.outputs.at(-1)?.seq ?? 0 };
  }

  /** Resolves as soon as what was heard satisfies the condition. */
  until(holds: () => boolean): Promise<void> {
    if (holds()) {
      return Promise.resolve();
    }
    const { promise, resolve } = deferred<void>();
    this.waiting.push({ holds, resolve });
    return promise;
  }

  private note(call: string): void {
    this.calls.push(call);
    this.wake();
  }

  private wake(): void {
    for (const waiter of this.waiting.filter(({ holds }) => holds())) {
      this.waiting.splice(this.waiting.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}
