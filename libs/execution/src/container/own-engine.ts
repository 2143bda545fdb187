import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

/** For tests: a dockerd of their own, since others use the machine's. It has the executor image. */
export class OwnEngine {
  private constructor(
    private readonly process: ChildProcess,
    readonly host: string,
  ) {}

  /** @param runtime `runsc`: it knows gVisor beside its default */
  static async start(runtime?: 'runsc'): Promise<OwnEngine> {
    // A socket's path is short.
    const folder = mkdtempSync('/tmp/cronium-engine-');
    const program = join(__dirname, '../../../../tools/chaos/engine-process.mjs');
    const child = fork(program, [folder, ...(runtime ? [runtime] : [])]);
    return new OwnEngine(child, await answerOf(child));
  }

  async restart(): Promise<void> {
    this.process.send('restart');
    await answerOf(this.process);
  }

  async remove(): Promise<void> {
    this.process.send('remove');
    await answerOf(this.process);
    this.process.disconnect();
  }
}

async function answerOf(child: ChildProcess): Promise<string> {
  const [answer] = (await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error('dockerd could not be started or ended.'))),
  ])) as [string];
  return answer;
}
