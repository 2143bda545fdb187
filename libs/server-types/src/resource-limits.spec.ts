import {
  type ResourceLimits,
  defaultResourceLimits,
  resourceLimitOverridesSchema,
  resourceLimitsSchema,
  strictestLimits,
} from './resource-limits';

const server: ResourceLimits = { cpu: 2, memoryMb: 512, pids: 100, diskMb: 256, outputMb: 64 };

describe('strictestLimits', () => {
  it('is the server’s where the event says nothing', () => {
    expect(strictestLimits(server, {})).toEqual(server);
    expect(strictestLimits(server, { cpu: undefined })).toEqual(server);
  });

  it.each(Object.keys(server) as (keyof ResourceLimits)[])(
    'lets an event tighten %s and not loosen it',
    (limit) => {
      const own = server[limit];
      expect(strictestLimits(server, { [limit]: own / 2 })).toEqual({ ...server, [limit]: own / 2 });
      expect(strictestLimits(server, { [limit]: own * 2 })).toEqual(server);
    },
  );

  it('takes each figure by itself', () => {
    const event = { cpu: 0.5, memoryMb: 1024, pids: 200, diskMb: 1, outputMb: 64 };
    expect(strictestLimits(server, event)).toEqual({
      cpu: 0.5,
      memoryMb: 512,
      pids: 100,
      diskMb: 1,
      outputMb: 64,
    });
  });
});

describe('resourceLimitsSchema', () => {
  it('takes the defaults', () => {
    expect(resourceLimitsSchema.parse(defaultResourceLimits)).toEqual(defaultResourceLimits);
  });

  it.each([
    ['cpu', 0],
    ['cpu', 129],
    ['memoryMb', 15],
    ['memoryMb', 64.5],
    ['pids', 7],
    ['diskMb', 0],
    ['outputMb', 0],
    ['outputMb', -1],
    ['memoryMb', Number.NaN],
    ['memoryMb', Number.POSITIVE_INFINITY],
    ['memoryMb', '512'],
  ])('refuses %s of %p', (limit, value) => {
    const wrong = { ...defaultResourceLimits, [limit]: value };
    expect(resourceLimitsSchema.safeParse(wrong).error?.issues[0]?.path).toEqual([limit]);
    expect(resourceLimitOverridesSchema.safeParse({ [limit]: value }).success).toBe(false);
  });

  it('refuses what it does not know', () => {
    expect(resourceLimitsSchema.safeParse({ ...defaultResourceLimits, gpu: 1 }).success).toBe(false);
    expect(resourceLimitOverridesSchema.safeParse({ memory: 1 }).success).toBe(false);
  });
});
