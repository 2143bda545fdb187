import type { Server } from '@cronium/contracts';
import { containerConfigSchema, type ContainerConfig } from '@cronium/server-types';

/** For specs: Local Execution as an administrator is shown it. */
export function containerServer(config: Partial<ContainerConfig> = {}, change: Partial<Server> = {}): Server {
  const containerConfig = containerConfigSchema.parse(config);
  return {
    ...{ id: '019abe00-0000-7000-8000-000000000001', name: 'Local Execution', description: '', tags: [] },
    ...{ type: 'container', isSystemManaged: true, owner: null, access: 'manage' },
    limits: containerConfig.resourceLimits,
    maxConcurrentJobs: containerConfig.maxConcurrentJobs,
    ...{ maxQueuedJobs: 10_000, whenQueueFull: 'refuse', whenUnhealthy: 'fail', waitMinutes: 10 },
    load: { active: 0, queued: 0, waiting: 0 },
    ...{
      containerConfig,
      broker: null,
      connection: null,
      health: null,
      createdAt: '2026-01-01T00:00:00.000Z',
    },
    ...change,
  };
}
