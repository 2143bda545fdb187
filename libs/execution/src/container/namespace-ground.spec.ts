import { printed, runScript } from '../contract/run-script';
import { runInContainer } from './container-command';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

const END_FRONTS = `for process in /proc/[0-9]*; do
  case "$(tr '\\0' ' ' < "$process/cmdline")" in *'resident.pyc front '*) kill "\${process#/proc/}" ;; esac
done 2>/dev/null; true`;

it('Runners that start at the same time share one stream to their container’s resident, also after it was lost', async () => {
  const fixture = new EngineFixture({ isolation: 'namespace', pool: { size: 4, refillConcurrency: 4 } });
  await fixture.verify();
  const executor = fixture.createExecutor();
  await executor.connect();
  const run = () => Promise.all(['one', 'two', 'three'].map((word) => runScript(executor, `echo ${word}`)));
  expect((await run()).map(printed)).toEqual(['one\n', 'two\n', 'three\n']);

  const [info] = await fixture.containers();
  const container = fixture.docker.getContainer(info?.Id ?? '');
  await runInContainer(container, ['bash', '-c', END_FRONTS]);
  // All that waited are gone with it, and made anew at the same time.
  expect((await run()).map(printed)).toEqual(['one\n', 'two\n', 'three\n']);

  const { ExecIDs: execs } = await container.inspect();
  const fronts = await Promise.all((execs ?? []).map((exec) => fixture.docker.getExec(exec).inspect()));
  expect(fronts.filter(({ Running }) => Running)).toHaveLength(1);
  await executor.disconnect();
  await fixture.dispose();
});
