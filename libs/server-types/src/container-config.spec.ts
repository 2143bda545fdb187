import { containerConfigSchema } from './container-config';
import { defaultResourceLimits } from './resource-limits';

describe('containerConfigSchema', () => {
  it('needs nothing said', () => {
    expect(containerConfigSchema.parse({})).toEqual({
      image: 'cronium-executor:latest',
      isolation: 'job',
      runtime: 'runc',
      containerName: 'cronium-executor',
      resourceLimits: defaultResourceLimits,
      pool: { size: 4, refillConcurrency: 2 },
      maxConcurrentJobs: 16,
    });
  });

  it('fills in what a pool leaves out', () => {
    expect(containerConfigSchema.parse({ pool: { size: 0 } }).pool).toEqual({
      size: 0,
      refillConcurrency: 2,
    });
  });

  it.each([
    { isolation: 'none' },
    { runtime: 'kata' },
    { runtime: 'runsc', isolation: 'namespace' },
    { runtime: 'runsc', isolation: 'shared' },
    { image: '' },
    { containerName: '' },
    { containerName: '-leading' },
    { containerName: 'with/slash' },
    { pool: { size: -1 } },
    { pool: { size: 65 } },
    { pool: { size: 1, refillConcurrency: 0 } },
    { maxConcurrentJobs: 0 },
    { maxConcurrentJobs: 1.5 },
    { resourceLimits: {} },
    { privileged: true },
  ])('refuses %j', (config) => {
    expect(containerConfigSchema.safeParse(config).success).toBe(false);
  });
});
