import { describeServerExecutor } from '../contract/describe-server-executor';
import { describeFromInside } from './describe-from-inside';
import { describeLimits } from './describe-limits';
import { EngineFixture } from './engine-fixture';
import { OwnEngine } from './own-engine';
import type { CreateFixture, SandboxKind } from './sandbox-kind';

jest.setTimeout(180_000);

let engine: OwnEngine;
beforeAll(async () => {
  await new EngineFixture().verify();
  engine = await OwnEngine.start('runsc');
}, 120_000);
afterAll(() => engine.remove(), 180_000);

const createFixture: CreateFixture = (config) => new EngineFixture(config, engine.host);

const kind: SandboxKind = { isolation: 'job', runtime: 'runsc' };

describeServerExecutor('ContainerExecutor in gVisor', async () => {
  const fixture = createFixture(kind);
  await fixture.verify();
  return {
    createExecutor: () => fixture.createExecutor(),
    remains: (handle) => fixture.sandboxRemains(handle),
    dispose: () => fixture.dispose(),
  };
});

describeFromInside(kind, createFixture);
describeLimits(kind, createFixture);
