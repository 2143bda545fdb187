import type { ContainerConfig } from '@cronium/server-types';

import type { EngineFixture } from './engine-fixture';

/** For tests: how a server is set up, as far as it bears on what its scripts find. */
export type SandboxKind = Pick<ContainerConfig, 'isolation' | 'runtime'>;

/** For tests: a fixture on the engine that the tests are about. Called once, before the first of them. */
export type CreateFixture = (config: Partial<ContainerConfig>) => EngineFixture;
