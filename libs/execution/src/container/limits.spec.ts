import { describeLimits } from './describe-limits';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

for (const isolation of ['job', 'namespace', 'shared'] as const) {
  describeLimits({ isolation, runtime: 'runc' }, (config) => new EngineFixture(config));
}
