import { type Placement, RunnerExit } from './job-ground';
import { ExecutionError } from '../execution-error';
import { type ScriptRun, lostScript } from './script-run';

/** Waits between tries, in milliseconds: a quick one for a broken stream; the last is repeated. */
const DELAYS_MS = [0, 50, 200, 500, 1_000, 2_000, 4_000];
/** A connection that held this long was good: the next loss is counted from the beginning. */
const STABLE_MS = 10_000;

/** Joins a run to its runner again after the connection between them was lost. */
export class Reconnector {
  private tries = 0;
  private awaySinceMs = 0;
  /** Undefined while there is no connection. */
  private connectedSinceMs: number | undefined = -STABLE_MS;

  constructor(
    private readonly run: ScriptRun,
    private readonly placement: Placement,
    private readonly patienceSeconds: number,
  ) {}

  reconnect(cause: Error): void {
    const now = performance.now();
    if (this.connectedSinceMs !== undefined && now - this.connectedSinceMs >= STABLE_MS) {
      this.tries = 0;
      this.awaySinceMs = now;
    }
    this.connectedSinceMs = undefined;
    const delay = DELAYS_MS[Math.min(this.tries, DELAYS_MS.length - 1)] ?? 0;
    this.tries += 1;
    if (now + delay - this.awaySinceMs > this.patienceSeconds * 1000) {
      this.run.fail(lostScript(cause));
      return;
    }
    setTimeout(() => {
      this.attempt().catch((error: unknown) => this.reconnect(error instanceof Error ? error : cause));
    }, delay);
  }

  private async attempt(): Promise<void> {
    // A function: the compiler takes a property to stay as it was seen, and this one changes while we wait.
    const isSettled = () => this.run.isSettled;
    if (isSettled()) {
      return;
    }
    const found = await this.placement.reconnect();
    if (found instanceof RunnerExit) {
      this.concludeWith(found);
      return;
    }
    if (isSettled()) {
      found.close(); // it was let go, or given up, while we knocked
      return;
    }
    this.connectedSinceMs = performance.now();
    await this.run.rejoin(found).catch(() => undefined); // a lost session has told the run so
  }

  /** The runner is gone without a word: what it used is not known, how it ended may be. */
  private concludeWith(exit: RunnerExit): void {
    if (!exit.outOfMemory) {
      this.run.fail(
        new ExecutionError('script_lost', `The script is lost, its end is unknown. ${exit.description}`),
      );
      return;
    }
    const endedAt = new Date();
    const startedAt = this.run.startedAt ?? endedAt;
    this.run.conclude({
      end: { kind: 'out_of_memory' },
      usage: {
        wallMs: endedAt.getTime() - startedAt.getTime(),
        cpuUserMs: 0,
        cpuSystemMs: 0,
        peakMemoryBytes: 0,
        outputBytes: 0,
      },
      startedAt,
      endedAt,
    });
  }
}
