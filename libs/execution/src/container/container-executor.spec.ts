import { describeServerExecutor } from '../contract/describe-server-executor';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

describeServerExecutor('ContainerExecutor with isolation job', async () => {
  const fixture = new EngineFixture({ isolation: 'job' });
  await fixture.verify();
  return {
    createExecutor: () => fixture.createExecutor(),
    remains: (handle) => fixture.sandboxRemains(handle),
    dispose: () => fixture.dispose(),
  };
});

describeServerExecutor('ContainerExecutor with isolation shared', async () => {
  const fixture = new EngineFixture({ isolation: 'shared' });
  await fixture.verify();
  return {
    createExecutor: () => fixture.createExecutor(),
    remains: () => Promise.resolve(false),
    dispose: () => fixture.dispose(),
  };
});

describeServerExecutor('ContainerExecutor with isolation namespace', async () => {
  const fixture = new EngineFixture({ isolation: 'namespace' });
  await fixture.verify();
  return {
    createExecutor: () => fixture.createExecutor(),
    remains: () => Promise.resolve(false),
    dispose: () => fixture.dispose(),
  };
});
