import type { ContainerInfo } from 'dockerode';
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';

import { RecordingObserver } from '../contract/recording-observer';
import { never, scriptRequest } from '../contract/script-request';
import type { ScriptExecutionRequest } from '../port';
import type { ScriptHandle } from '../script-handle';
import { LABELS, jobName, sandboxSpec, warmName } from './container-spec';
import type { CrashNews, CrashOrder } from './crashing-process';
import { EngineFixture } from './engine-fixture';
import { thisProcess } from '../process-identity';
import { SandboxSweeper } from './sandbox-sweeper';

jest.setTimeout(60_000);

const fixtures: EngineFixture[] = [];
const children: ChildProcess[] = [];

async function newFixture(): Promise<EngineFixture> {
  const fixture = new EngineFixture({ pool: { size: 2, refillConcurrency: 2 } });
  fixtures.push(fixture);
  await fixture.verify();
  fixture.sandboxesInUse = new Set();
  return fixture;
}

afterEach(async () => {
  children.splice(0).forEach((child) => child.kill('SIGKILL'));
  await Promise.all(fixtures.splice(0).map((fixture) => fixture.dispose()));
});

/** A process that has ended, as a label names it. */
function deadProcess(): string {
  const [boot, namespace] = thisProcess().split('/');
  const { pid } = spawnSync('true');
  return [boot, namespace, pid, 1].join('/');
}

async function makeSandbox(
  fixture: EngineFixture,
  changes: {
    name?: string;
    owner?: string;
    serverId?: string;
    state?: 'created' | 'running' | 'exited';
  } = {},
): Promise<string> {
  const { server, context, docker } = fixture;
  const spec = sandboxSpec(
    {
      installationId: context.installationId,
      serverId: changes.serverId ?? server.id,
      owner: changes.owner ?? deadProcess(),
      image: server.containerConfig.image,
      runtime: 'runc',
      seccompProfile: '{"defaultAction":"SCMP_ACT_ALLOW"}',
    },
    server.containerConfig.resourceLimits,
    changes.name ?? warmName(randomUUID()),
  );
  const container = await docker.createContainer(spec);
  if (changes.state !== 'created') {
    await container.start();
  }
  if (changes.state === 'exited') {
    await container.kill();
  }
  return container.id;
}

const sweep = ({ docker, context, server }: EngineFixture, isMine: (id: string) => boolean = () => false) =>
  new SandboxSweeper(docker, context, server.id, isMine).sweep();

describe('A sweep removes', () => {
  it('warm sandboxes of a process that is dead, whatever their state', async () => {
    const fixture = await newFixture();
    const orphans = await Promise.all([
      makeSandbox(fixture),
      makeSandbox(fixture, { state: 'created' }),
      makeSandbox(fixture, { state: 'exited' }),
    ]);
    expect(new Set(await sweep(fixture))).toEqual(new Set(orphans));
    expect(await fixture.containers()).toEqual([]);
    expect(await sweep(fixture)).toEqual([]);
  });

  it('one that has ended, whoever its owner is', async () => {
    const fixture = await newFixture();
    const elsewhere = await makeSandbox(fixture, { owner: 'another-boot/pid:[1]/1/1', state: 'exited' });
    expect(await sweep(fixture)).toEqual([elsewhere]);
  });

  it('those of jobs that are over, and of no job that may be resumed', async () => {
    const fixture = await newFixture();
    const elsewhere = 'another-boot/pid:[1]/1/1';
    const over = await Promise.all([
      makeSandbox(fixture, { name: jobName(randomUUID()), owner: thisProcess() }),
      makeSandbox(fixture, { name: jobName(randomUUID()), owner: elsewhere }),
    ]);
    const inUse = await Promise.all([
      makeSandbox(fixture, { name: jobName(randomUUID()) }),
      // Killed before it had named its sandbox.
      makeSandbox(fixture),
      // Its end may not be collected yet.
      makeSandbox(fixture, { name: jobName(randomUUID()), state: 'exited' }),
    ]);
    fixture.sandboxesInUse = new Set(inUse);
    expect(new Set(await sweep(fixture))).toEqual(new Set(over));
    expect(idsOf(await fixture.containers())).toEqual([...inUse].sort());
  });
});

describe('A sweep leaves', () => {
  it.each([
    ['a warm one of a living process', { owner: thisProcess() }],
    ['a warm one of a process on another machine', { owner: 'another-boot/pid:[1]/1/1' }],
    [
      'one that was made a moment ago by a living process',
      { owner: thisProcess(), state: 'created' as const },
    ],
    ['one of another server', { serverId: randomUUID() }],
  ])('%s', async (_, changes) => {
    const fixture = await newFixture();
    await makeSandbox(fixture, changes);
    expect(await sweep(fixture)).toEqual([]);
  });

  it('one of another installation', async () => {
    const [fixture, other] = [await newFixture(), await newFixture()];
    const mine = await makeSandbox(fixture);
    await makeSandbox(other, { serverId: fixture.server.id });
    expect(await sweep(fixture)).toEqual([mine]);
    expect(await other.containers()).toHaveLength(1);
  });

  it('one that this process has in hand', async () => {
    const fixture = await newFixture();
    const mine = await makeSandbox(fixture, { name: jobName(randomUUID()) });
    expect(await sweep(fixture, (id) => id === mine)).toEqual([]);
  });
});

it('After a crash the next process removes what belongs to no job, and resumes the job that goes on', async () => {
  const fixture = await newFixture();
  const live = scriptRequest('echo one; cronium_output ready; echo two; exit 7');
  const over = scriptRequest('echo one; sleep 600');
  const child = fork(join(__dirname, 'crashing-process.ts'), {
    execArgv: ['-r', join(__dirname, '../../typescript-hook.cjs')],
  });
  children.push(child);
  const handles = new Map<string, ScriptHandle>();
  const acked = new Map<string, number>();
  const bothSpoke = new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`The process ended with ${code} before it was killed.`)));
    child.on('message', (news: CrashNews) => {
      if ('handle' in news) {
        handles.set(news.handle.jobId, news.handle);
      } else {
        acked.set(news.jobId, news.seq);
      }
      if (acked.size === 2) {
        resolve();
      }
    });
  });
  const { installationId, seccompProfilePath } = fixture.context;
  const order: CrashOrder = {
    server: fixture.server,
    installationId,
    seccompProfilePath,
    requests: [live, over],
  };
  child.send(order);
  await bothSpoke;
  await fixture.untilContainers((found) => found.filter(({ State }) => State === 'running').length === 4);
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
  const sandboxOf = ({ jobId }: ScriptExecutionRequest) => handles.get(jobId)?.location['containerId'] ?? '';
  expect(idsOf(await fixture.containers())).toEqual(
    expect.arrayContaining([sandboxOf(live), sandboxOf(over)]),
  );
  fixture.sandboxesInUse = new Set([sandboxOf(live)]);

  const executor = fixture.createExecutor();
  await executor.connect();
  // Its own warm sandboxes bear its own name.
  const ofTheDead = (found: ContainerInfo[]) =>
    found.filter(({ Labels }) => Labels[LABELS.owner] !== thisProcess());
  await fixture.untilContainers((found) => ofTheDead(found).length <= 1);
  expect(idsOf(ofTheDead(await fixture.containers()))).toEqual([sandboxOf(live)]);

  const observer = new RecordingObserver();
  const handle = { ...handles.get(live.jobId)!, ackedSeq: acked.get(live.jobId)! };
  const { end } = await executor.resumeScript(handle, observer, never);
  expect(end).toEqual({ kind: 'exit', code: 7 });
  expect(observer.stdout).toBe('two\n');
  expect(observer.helpers).toHaveLength(1);
  await executor.disconnect();
  expect(await fixture.containers()).toEqual([]);
});

function idsOf(containers: readonly ContainerInfo[]): string[] {
  return containers.map(({ Id }) => Id).sort();
}
