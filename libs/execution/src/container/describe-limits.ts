import type { ResourceLimits } from '@cronium/server-types';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import { deferred } from '../deferred';
import type { ScriptEnd } from '../script-end';
import type { ContainerExecutor } from './container-executor';
import type { EngineFixture } from './engine-fixture';
import type { CreateFixture, SandboxKind } from './sandbox-kind';

/** What the sandboxes are started with; cases tighten it. */
const limits: ResourceLimits = { cpu: 1, memoryMb: 128, pids: 64, diskMb: 32, outputMb: 2 };

interface Case {
  readonly name: string;
  readonly script: string;
  readonly language?: 'python';
  readonly limits?: Partial<ResourceLimits>;
  readonly timeoutSeconds?: number;
  readonly end: ScriptEnd;
  /** To be tried in gVisor too, where something else holds it: any of these ends. All other cases are the runner's, which is the same there. */
  readonly inGvisor?: readonly ScriptEnd[];
}

const eat = (mebibytes: number) => `bytearray(${mebibytes} << 20)`;

const cases: Case[] = [
  {
    name: 'memory, taken at once',
    language: 'python',
    script: `held = ${eat(2000)}`,
    end: { kind: 'out_of_memory' },
    inGvisor: [{ kind: 'out_of_memory' }],
  },
  {
    name: 'memory, taken bit by bit',
    language: 'python',
    script: `held = []\nwhile True: held.append(${eat(1)})`,
    end: { kind: 'out_of_memory' },
  },
  {
    name: 'memory, taken by bash',
    limits: { memoryMb: 48 },
    script: 'LC_ALL=C; text=x; while :; do text=$text$text; done',
    end: { kind: 'out_of_memory' },
  },
  {
    name: 'memory, taken by a child that the script survives',
    script: `python3 -c 'import time\nheld = ${eat(300)}\ntime.sleep(60)'\nsleep 60`,
    end: { kind: 'out_of_memory' },
  },
  {
    name: 'memory, taken by several children, each within the limit',
    script: `for _ in 1 2 3 4; do python3 -c 'import time\nheld = ${eat(50)}\ntime.sleep(60)' & done\nwait`,
    end: { kind: 'out_of_memory' },
    inGvisor: [{ kind: 'out_of_memory' }],
  },
  {
    name: 'memory, to a limit stricter than the sandbox was started with',
    language: 'python',
    limits: { memoryMb: 64 },
    script: `import time\nheld = ${eat(90)}\ntime.sleep(60)`,
    end: { kind: 'out_of_memory' },
    inGvisor: [{ kind: 'out_of_memory' }],
  },
  {
    name: 'a fork bomb',
    // What is waited for ends at once: the bomb goes off behind it.
    script: 'bomb() { bomb | bomb & }; bomb; sleep 60',
    end: { kind: 'process_limit' },
    // Memory that processes share is counted for each of them; and on a busy machine the runner hardly gets to look.
    inGvisor: [{ kind: 'process_limit' }, { kind: 'out_of_memory' }, { kind: 'timeout' }],
  },
  {
    name: 'threads, to a limit stricter than the sandbox was started with',
    language: 'python',
    limits: { pids: 16 },
    script: `import threading, time
for _ in range(40): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
time.sleep(60)`,
    end: { kind: 'process_limit' },
    inGvisor: [{ kind: 'process_limit' }],
  },
  {
    name: 'a full disk, with a script that ignores the error',
    script: 'cat /dev/zero > full\nsleep 60',
    end: { kind: 'disk_full' },
  },
  {
    name: 'a full disk, with a script that ends by it',
    script: 'set -e\ncat /dev/zero > "$TMPDIR/full"\necho not reached',
    end: { kind: 'disk_full' },
  },
  {
    name: 'a full disk, to a limit stricter than the sandbox was started with',
    limits: { diskMb: 8 },
    script: 'head -c 16M /dev/zero > full\nsleep 60',
    end: { kind: 'disk_full' },
    inGvisor: [{ kind: 'disk_full' }],
  },
  {
    name: 'a disk full of empty files',
    language: 'python',
    script: 'import itertools\nfor n in itertools.count(): open(str(n), "w").close()',
    end: { kind: 'disk_full' },
    // It counts no files: they go on until the container's memory, or the job's time, is used up.
    inGvisor: [{ kind: 'out_of_memory' }, { kind: 'timeout' }],
  },
  { name: 'endless output', script: 'yes', end: { kind: 'output_limit' } },
  { name: 'endless output on stderr', script: 'yes >&2', end: { kind: 'output_limit' } },
  {
    name: 'endless output, to a limit stricter than the sandbox was started with',
    limits: { outputMb: 1 },
    script: 'head -c 1500K /dev/zero\nsleep 60',
    end: { kind: 'output_limit' },
  },
  {
    name: 'time, with a script that ends at SIGTERM',
    script: 'trap "exit 0" TERM\nsleep 60 & wait',
    timeoutSeconds: 0.3,
    end: { kind: 'timeout' },
  },
  {
    name: 'time, with a script that ignores SIGTERM, and so do its children',
    script: 'trap "" TERM\nsleep 60 & sleep 60 & while :; do sleep 60; done',
    timeoutSeconds: 0.3,
    end: { kind: 'timeout' },
  },
];

/**
 * Waits in a helper call until the case is over, and has then to write, fork and answer as before. A sandbox of one's own keeps working
 * meanwhile; in a shared container a case may for a moment take what the neighbour would need, until its runner has looked.
 */
const neighbours = {
  job: `echo before > mark
cat mark
( while cat mark > copy && cmp -s mark copy; do sleep 0.02; done; touch harmed ) &
cronium_output ready
kill $!
[ ! -e harmed ] && python3 -c 'held = bytearray(40 << 20); print("after")'`,
  shared: `echo before > mark
cat mark
cronium_output ready
head -c 4M /dev/zero > more && [ "$(cat mark)" = before ] && python3 -c 'held = bytearray(40 << 20); print("after")'`,
};

/** What becomes of a script that takes more than it may, and of the one beside it. */
export function describeLimits({ isolation, runtime }: SandboxKind, createFixture: CreateFixture): void {
  describe(`A limit of a job with isolation ${isolation} and ${runtime}`, () => {
    const gvisor = runtime === 'runsc';
    let fixture: EngineFixture;
    let executor: ContainerExecutor;

    beforeAll(async () => {
      fixture = createFixture({ isolation, runtime, resourceLimits: limits, maxConcurrentJobs: 4 });
      await fixture.verify();
      executor = fixture.createExecutor();
      await executor.connect();
    });

    afterAll(async () => {
      await executor.disconnect();
      await fixture.dispose();
    });

    it.each(gvisor ? cases.filter(({ inGvisor }) => inGvisor) : cases)(
      'ends the job and no neighbour: $name',
      async (one) => {
        const over = deferred<void>();
        const neighbour = new RecordingObserver();
        neighbour.onHelperDo = () => over.promise;
        const neighbourRun = runScript(
          executor,
          scriptRequest(neighbours[isolation === 'job' ? 'job' : 'shared'], { limits }),
          neighbour,
        );
        await neighbour.until(() => neighbour.helpers.length > 0);

        const { result } = await runScript(
          executor,
          scriptRequest(one.script, {
            language: one.language ?? 'bash',
            limits: { ...limits, ...one.limits },
            timeoutSeconds: one.timeoutSeconds ?? (gvisor ? 10 : 30),
            killGraceSeconds: 0.3,
          }),
        );
        over.resolve();

        expect((gvisor && one.inGvisor) || [one.end]).toContainEqual(result.end);
        expect(printed(await neighbourRun)).toBe('before\nafter\n');
      },
    );

    it('holds processor time to its share', async () => {
      const busy = 'for _ in 1 2; do (while :; do :; done) & done; sleep 1.2; kill %1 %2';
      const { result } = await runScript(
        executor,
        scriptRequest(busy, { limits: { ...limits, cpu: isolation === 'job' ? 0.2 : limits.cpu } }),
      );
      const cores = (result.usage.cpuUserMs + result.usage.cpuSystemMs) / result.usage.wallMs;
      if (gvisor) {
        // It counts the time that the kernel holds it back as used, and is not tightened: the share is the server's, in the engine's hands.
        expect(cores).toBeLessThan(2.5);
        return;
      }
      // The kernel lets a group run one slice past its share; the two loops wanted two cores.
      expect(cores).toBeLessThan(isolation === 'job' ? 0.4 : 4 * limits.cpu);
      expect(cores).toBeGreaterThan(0.05);
    });
  });
}
