import { ExecutionError } from '../execution-error';
import { delegatesCgroups, type EngineInfo, requireAbilities, requireRuntime } from './engine-abilities';

/** As Docker 20.10 on Debian 12 answers. */
const able: EngineInfo = {
  ...{ NCPU: 2, MemTotal: 1, MemoryLimit: true, CpuCfsQuota: true, PidsLimit: true },
  ...{ CgroupDriver: 'cgroupfs', CgroupVersion: '1', SecurityOptions: ['name=seccomp,profile=default'] },
  ...{ DefaultRuntime: 'runc', Runtimes: { runc: {}, runsc: {} } },
};
function refusal(act: () => void): ExecutionError {
  try {
    act();
  } catch (error) {
    if (error instanceof ExecutionError) return error;
    throw error;
  }
  throw new Error('It was not refused.');
}

const rootless = { SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'] };

describe('requireAbilities', () => {
  it.each<[string, Partial<EngineInfo>]>([
    ['that has what is needed', {}],
    ['too old to tell everything', { PidsLimit: undefined, SecurityOptions: null, CgroupVersion: undefined }],
    [
      'that is rootless with delegated controllers',
      { ...rootless, CgroupDriver: 'systemd', CgroupVersion: '2' },
    ],
  ])('takes an engine %s', (_, change) => {
    expect(() => requireAbilities({ ...able, ...change }, 'runsc')).not.toThrow();
  });

  it.each<[string, Partial<EngineInfo>, RegExp]>([
    ['without a memory controller', { MemoryLimit: false }, /limits of memory: the kernel/],
    ['without a pids controller', { PidsLimit: false }, /limits of processes: the kernel/],
    [
      'that is rootless with cgroup v1, whatever it says',
      { ...rootless, CgroupVersion: '1' },
      /memory, processor time, processes: it is rootless, and .* cgroup v1/,
    ],
    [
      'that is a rootless Podman with cgroup v1, which says that it can',
      { Rootless: true, DefaultRuntime: 'crun' },
      /it is rootless, and .* cgroup v1/,
    ],
    [
      'that is rootless and without cgroups',
      { ...rootless, CgroupDriver: 'none', CgroupVersion: '2' },
      /systemd has not delegated/,
    ],
    [
      'that is rootless and may not limit processors',
      { ...rootless, CgroupDriver: 'systemd', CgroupVersion: '2', CpuCfsQuota: false },
      /limits of processor time: .*delegated/,
    ],
  ])('refuses one %s', (_, change, message) => {
    const error = refusal(() => requireAbilities({ ...able, ...change }, 'runc'));
    expect(error.code).toBe('limits_unenforced');
    expect(error.message).toMatch(message);
  });

  it('refuses one that does not know the runtime, unless it is whatever the engine has', () => {
    const info = { ...able, DefaultRuntime: 'crun', Runtimes: { crun: {} } };
    expect(() => requireAbilities(info, 'runc')).not.toThrow();
    expect(() => requireAbilities(info, 'runsc')).toThrow(/The engine has no runtime `runsc`.*daemon.json/);
    expect(refusal(() => requireAbilities({ ...able, Runtimes: null }, 'runsc')).code).toBe(
      'runtime_missing',
    );
  });
});

describe('requireRuntime', () => {
  it('refuses a container that was made with another runtime than asked for', () => {
    expect(() => requireRuntime('runsc', 'runsc')).not.toThrow();
    expect(() => requireRuntime('anything', 'runc')).not.toThrow();
    // Podman's answer.
    expect(() => requireRuntime('oci', 'runsc')).toThrow(/made a container with runtime `oci`.*not started/);
  });
});

describe('delegatesCgroups', () => {
  const unified = { CgroupDriver: 'systemd', CgroupVersion: '2' };

  it.each(['1.48', '1.51', '2.0'])('is so of Docker with API %s and cgroup v2', (version) => {
    expect(delegatesCgroups({ ...able, ...unified }, version)).toBe(true);
  });

  it.each<[string, Partial<EngineInfo>, string]>([
    ['an older API', unified, '1.47'],
    ['cgroup v1', {}, '1.48'],
    ['rootless mode', { ...unified, ...rootless }, '1.48'],
    [
      'user namespaces of its own',
      { ...unified, SecurityOptions: ['name=seccomp,profile=default', 'name=userns'] },
      '1.48',
    ],
  ])('is not so with %s', (_, change, version) => {
    expect(delegatesCgroups({ ...able, ...change }, version)).toBe(false);
  });
});
