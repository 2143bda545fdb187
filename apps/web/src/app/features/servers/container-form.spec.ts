import { updateServerSchema } from '@cronium/contracts';

import { containerServer } from './container-fixture';
import {
  containerFormSchema,
  toContainerForm,
  toContainerUpdate,
  type ContainerForm,
} from './container-form';
import { isWeaker } from './isolation-words';

const saved = toContainerForm(containerServer());
type ConfigForm = ContainerForm['containerConfig'];
const configured = (change: Partial<ConfigForm>, from = saved): ContainerForm => ({
  ...from,
  containerConfig: { ...from.containerConfig, ...change },
});
const pool = saved.containerConfig.pool;
const limits = saved.containerConfig.resourceLimits;
const paths = (form: ContainerForm) =>
  (containerFormSchema.safeParse(form).error?.issues ?? []).map((issue) => issue.path.join('.'));

describe('the form of a container server', () => {
  it('accepts what is stored, and sends nothing of it back', () => {
    expect(paths(saved)).toEqual([]);
    expect(toContainerUpdate(saved, saved)).toEqual({});
  });

  it.each<[ContainerForm, object]>([
    [configured({ isolation: 'namespace' }), { containerConfig: { isolation: 'namespace' } }],
    [configured({ runtime: 'runsc' }), { containerConfig: { runtime: 'runsc' } }],
    [configured({ maxConcurrentJobs: 200 }), { containerConfig: { maxConcurrentJobs: 200 } }],
    [configured({ pool: { ...pool, size: 0 } }), { containerConfig: { pool: { size: 0 } } }],
    [
      configured({ resourceLimits: { ...limits, memoryMb: 64 } }),
      { containerConfig: { resourceLimits: { memoryMb: 64 } } },
    ],
    [{ ...saved, tags: ['fast'] }, { tags: ['fast'] }],
    [
      { ...saved, whenUnhealthy: 'wait', waitMinutes: 5 },
      { whenUnhealthy: 'wait', waitMinutes: 5 },
    ],
    [{ ...saved, waitMinutes: null }, {}],
    [
      { ...saved, broker: { address: 'tls://moved:5443', joinToken: '' } },
      { broker: { address: 'tls://moved:5443' } },
    ],
  ])('sends what was changed and no more', (form, change) => {
    expect(toContainerUpdate(form, saved)).toEqual(change);
    expect(updateServerSchema.safeParse(change).success).toBe(true);
  });

  it.each<[ContainerForm, string]>([
    [{ ...saved, name: '' }, 'name'],
    [configured({ runtime: 'runsc', isolation: 'shared' }), 'containerConfig.runtime'],
    [configured({ maxConcurrentJobs: 0 }), 'containerConfig.maxConcurrentJobs'],
    [configured({ maxConcurrentJobs: 513 }), 'containerConfig.maxConcurrentJobs'],
    [configured({ maxConcurrentJobs: null }), 'containerConfig.maxConcurrentJobs'],
    [configured({ pool: { ...pool, size: 65 } }), 'containerConfig.pool.size'],
    [configured({ pool: { ...pool, size: null } }), 'containerConfig.pool.size'],
    [configured({ pool: { ...pool, refillConcurrency: 0 } }), 'containerConfig.pool.refillConcurrency'],
    [configured({ pool: { ...pool, refillConcurrency: null } }), 'containerConfig.pool.refillConcurrency'],
    [configured({ resourceLimits: { ...limits, cpu: 0 } }), 'containerConfig.resourceLimits.cpu'],
    [configured({ resourceLimits: { ...limits, pids: null } }), 'containerConfig.resourceLimits.pids'],
    [{ ...saved, whenUnhealthy: 'wait', waitMinutes: null }, 'waitMinutes'],
    [{ ...saved, maxQueuedJobs: null }, 'maxQueuedJobs'],
    [{ ...saved, broker: { address: 'moved:5443', joinToken: '' } }, 'broker.address'],
  ])('says at its field what is wrong', (form, path) => {
    expect(paths(form)).toEqual([path]);
  });

  it('asks nothing of the pool where there is none', () => {
    const emptied = { size: null, refillConcurrency: null };
    expect(paths(configured({ isolation: 'shared', pool: emptied }))).toEqual([]);
    expect(paths(configured({ isolation: 'namespace', pool: emptied }))).toHaveLength(2);
  });

  it('knows which isolation is weaker than which', () => {
    expect(isWeaker('namespace', 'job')).toBe(true);
    expect(isWeaker('shared', 'job')).toBe(true);
    expect(isWeaker('shared', 'namespace')).toBe(true);
    expect(isWeaker('job', 'shared')).toBe(false);
    expect(isWeaker('namespace', 'shared')).toBe(false);
    expect(isWeaker('job', 'job')).toBe(false);
  });
});
