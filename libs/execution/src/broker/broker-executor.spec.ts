import { describeServerExecutor } from '../contract/describe-server-executor';
import { EngineFixture } from '../container/engine-fixture';
import { BrokerFixture } from './broker-fixture';

jest.setTimeout(60_000);

describe.each(['job', 'namespace', 'shared'] as const)('Isolation %s', (isolation) => {
  describeServerExecutor(`ContainerExecutor with a broker and isolation ${isolation}`, async () => {
    const fixture = new EngineFixture({ isolation });
    await fixture.verify();
    const broker = new BrokerFixture(fixture);
    await broker.start();
    return {
      createExecutor: () => fixture.createExecutor({ broker: broker.address }),
      remains: (handle) => fixture.sandboxRemains(handle),
      dispose: async () => {
        await fixture.dispose();
        await broker.stop();
      },
    };
  });
});
