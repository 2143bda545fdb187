import { GREETING_MS } from './runner-session';
import { type Placement, RunnerExit } from './job-ground';
import { ExecutionError } from '../execution-error';
import { type ScriptRun, lostScript } from './script-run';

/** Waits between tries, in milliseconds: a quick one for a broken stream, half a minute in all for an engine that restarts. */
const DELAYS_MS = [0, 50, 200, 500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** A connection that held this long was good: the next loss is counted from the beginning. */
const STABLE_MS = 60_000;

/** Joins a run to its runner again after the connection between them was lost. */
export class Reconnector {
  private tries = 0;
  private lastLossMs = 0;

  constructor(
    private readonly run: ScriptRun,
    private readonly placement: Placement,
  ) {}

  reconnect(cause: Error): void {
    const now = performance.now();
    if (now - this.lastLossMs > STABLE_MS) {
      this.tries = 0;
    }
    this.lastLossMs = now;
    const delay = DELAYS_MS[this.tries];
    this.tries += 1;
    if (delay === undefined) {
      this.run.fail(lostScript(cause));
      return;
    }
    setTimeout(() => {
      this.attempt().catch((error: unknown) => this.reconnect(error instanceof Error ? error : cause));
    }, delay);
  }

  private async attempt(): Promise<void> {
    if (this.run.isSettled) {
      return;
    }
    const found = await this.placement.reconnect();
    if (found instanceof RunnerExit) {
      this.concludeWith(found);
      return;
    }
    this.run.join(found);
    found.resume(this.run.ackedSeq);
    await found.greeted(GREETING_MS).catch(() => undefined); // a lost session has told the run so
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
