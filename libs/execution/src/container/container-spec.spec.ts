import { type ResourceLimits, defaultResourceLimits } from '@cronium/server-types';

import {
  isJobName,
  isSandboxOf,
  jobName,
  namespaceContainerSpec,
  sandboxSpec,
  sharedContainerSpec,
  tightening,
  warmName,
} from './container-spec';

const MIB = 1024 * 1024;
const context = {
  installationId: 'installation',
  serverId: 'server',
  owner: 'owner',
  image: 'cronium-executor:latest',
  runtime: 'runc' as const,
  seccompProfile:
    '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}',
};
const limits: ResourceLimits = { cpu: 0.5, memoryMb: 100, pids: 20, diskMb: 50, outputMb: 3 };

describe('sandboxSpec', () => {
  const spec = sandboxSpec(context, limits, 'name');

  it('turns limits into what the kernel holds', () => {
    expect(spec.HostConfig).toMatchObject({
      CpuPeriod: 100_000,
      CpuQuota: 50_000,
      PidsLimit: 20,
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=50m,nr_inodes=6400,mode=1777' },
    });
  });

  it('gives memory for the processes, the disk and the runner, and no swap', () => {
    const { Memory, MemorySwap } = spec.HostConfig ?? {};
    expect(Memory).toBe((100 + 50 + 96) * MIB);
    expect(MemorySwap).toBe(Memory);
  });

  it('leaves a small disk enough files to work with', () => {
    const small = sandboxSpec(context, { ...limits, diskMb: 1 }, 'name');
    expect(small.HostConfig?.Tmpfs?.['/tmp']).toContain('size=1m,nr_inodes=4096');
  });

  it('allows more processors than the machine has, which the engine then does not refuse', () => {
    const large = sandboxSpec(context, { ...limits, cpu: 128 }, 'name');
    expect(large.HostConfig?.CpuQuota).toBe(12_800_000);
    expect(large.HostConfig).not.toHaveProperty('NanoCpus');
  });

  it.each([
    ['no user with rights', { User: '1000:1000' }],
    [
      'its labels',
      {
        Labels: {
          'org.cronium.installation': 'installation',
          'org.cronium.server': 'server',
          'org.cronium.role': 'sandbox',
          'org.cronium.owner': 'owner',
        },
      },
    ],
    ['an open stdin that a second client may take over', { OpenStdin: true, StdinOnce: false, Tty: false }],
    [
      'the runner as first process',
      { Entrypoint: ['python3', '-I', '-S', '/opt/cronium/runner.pyc'], Cmd: ['sandbox'] },
    ],
  ])('has %s', (_, part) => {
    expect(spec).toMatchObject(part);
  });

  it('is hardened', () => {
    expect(spec.HostConfig).toMatchObject({
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges', `seccomp=${context.seccompProfile}`],
      Privileged: false,
      IpcMode: 'private',
      CgroupnsMode: 'private',
      LogConfig: { Type: 'none' },
      RestartPolicy: { Name: '' },
      Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }],
    });
  });

  it('has nothing of the host, and nothing of a job', () => {
    for (const key of ['Binds', 'Mounts', 'Devices', 'CapAdd', 'VolumesFrom', 'PidMode', 'PortBindings']) {
      expect(spec.HostConfig).not.toHaveProperty(key);
    }
    expect(spec).not.toHaveProperty('Env');
  });
});

describe('sharedContainerSpec', () => {
  const spec = sharedContainerSpec(context, limits, 4, 'cronium-executor');

  it('has room for all jobs at one time', () => {
    expect(spec.HostConfig).toMatchObject({
      CpuQuota: 200_000,
      Memory: (400 + 200 + 96) * MIB,
      PidsLimit: 80,
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=200m,nr_inodes=25600,mode=1777' },
    });
  });

  it('is hardened as a sandbox is', () => {
    const { SecurityOpt, CapDrop, NetworkMode, ReadonlyRootfs } =
      sandboxSpec(context, limits, 'x').HostConfig ?? {};
    expect(spec.HostConfig).toMatchObject({ SecurityOpt, CapDrop, NetworkMode, ReadonlyRootfs });
  });

  it('is held open by a user that no job has', () => {
    expect(spec).toMatchObject({ User: '65534:65534', Cmd: ['hold'] });
    expect(spec).not.toHaveProperty('Entrypoint');
  });
});

describe('A container in gVisor', () => {
  const gvisor = { ...context, runtime: 'runsc' as const };
  const spec = sandboxSpec(gvisor, limits, 'name');

  it('is asked for by name, unless the engine makes no others', () => {
    expect(spec.HostConfig?.Runtime).toBe('runsc');
    expect(sandboxSpec({ ...gvisor, defaultRuntime: 'runsc' }, limits, 'x').HostConfig).not.toHaveProperty(
      'Runtime',
    );
    expect(sandboxSpec(context, limits, 'x').HostConfig).not.toHaveProperty('Runtime');
  });

  it('leaves gVisor its own memory and threads, and holds the script’s processes by what gVisor counts', () => {
    expect(spec.HostConfig).toMatchObject({
      Memory: (100 + 50 + 96 + 160) * MIB,
      PidsLimit: 512 + 4 * 20,
      Ulimits: [
        { Name: 'core', Soft: 0, Hard: 0 },
        { Name: 'nproc', Soft: 40, Hard: 40 },
      ],
    });
  });

  it('is not tightened, which gVisor cannot', () => {
    expect(tightening(limits, { ...limits, memoryMb: 50 }, 'runsc')).toBeUndefined();
  });
});

describe('tightening', () => {
  it('tells the kernel nothing when it need not know', () => {
    expect(tightening(limits, limits, 'runc')).toBeUndefined();
    expect(tightening(limits, { ...limits, diskMb: 1, outputMb: 1 }, 'runc')).toBeUndefined();
  });

  it.each([
    ['cpu', { cpu: 0.1 }, { CpuQuota: 10_000 }],
    ['memory', { memoryMb: 16 }, { Memory: (16 + 50 + 96) * MIB, MemorySwap: (16 + 50 + 96) * MIB }],
    ['processes', { pids: 8 }, { PidsLimit: 8 }],
  ])('tells it of less %s', (_, stricter, expected) => {
    expect(tightening(limits, { ...limits, ...stricter }, 'runc')).toMatchObject(expected);
  });

  it('leaves room in memory for the disk that the sandbox was made with', () => {
    const wanted = { ...limits, memoryMb: 16, diskMb: 1 };
    expect(tightening(limits, wanted, 'runc')).toMatchObject({ Memory: (16 + 50 + 96) * MIB });
  });
});

describe('Names', () => {
  it('tell a sandbox that has a job', () => {
    expect(isJobName(`/${jobName('job-1')}`)).toBe(true);
    expect(isJobName(jobName('job-1'))).toBe(true);
  });

  it.each(['', '/', `/${warmName('x')}`, '/cronium-executor', '/other-cronium-job-1'])(
    'tell none of "%s"',
    (name) => {
      expect(isJobName(name)).toBe(false);
    },
  );

  it('are good for the engine with the default limits too', () => {
    expect(sandboxSpec(context, defaultResourceLimits, warmName('x')).name).toMatch(/^[a-z-]+x$/);
  });
});

describe('namespaceContainerSpec', () => {
  const spec = namespaceContainerSpec(context, limits, 3, 'name');

  it('is as hardened as a sandbox, but for what its resident needs to make namespaces', () => {
    const sandbox = sandboxSpec(context, limits, 'name').HostConfig;
    const { NetworkMode, ReadonlyRootfs, CapDrop, Privileged, IpcMode, OomScoreAdj } = sandbox ?? {};
    expect(spec.HostConfig).toMatchObject({
      NetworkMode,
      ReadonlyRootfs,
      CapDrop,
      Privileged,
      IpcMode,
      OomScoreAdj,
    });
    const [rights, seccomp = '', ...rest] = (spec.HostConfig?.SecurityOpt ?? []) as string[];
    expect([rights, ...rest]).toEqual(['no-new-privileges', 'apparmor=unconfined']);
    const { syscalls } = JSON.parse(seccomp.replace('seccomp=', '')) as { syscalls: { names: string[] }[] };
    expect(syscalls.flatMap(({ names }) => names)).toEqual(['read', 'mount', 'unshare', 'sethostname']);
    expect(spec.HostConfig).toMatchObject({ MaskedPaths: [], ReadonlyPaths: [] });
  });

  it('gives its jobs cgroups of their own where the engine delegates the container’s', () => {
    const delegated = namespaceContainerSpec({ ...context, delegatesCgroups: true }, limits, 3, 'name');
    expect(delegated.HostConfig?.SecurityOpt).toEqual([
      ...((spec.HostConfig?.SecurityOpt ?? []) as string[]),
      'writable-cgroups=true',
    ]);
  });

  it('has room for as many runners as there are at one time, and a resident', () => {
    expect(spec).toMatchObject({ name: 'name', User: '1000:1000', Cmd: [] });
    expect(spec.Entrypoint).toEqual(['python3', '-I', '-S', '/opt/cronium/resident.pyc']);
    expect(spec.HostConfig).toMatchObject({ PidsLimit: 60, CpuQuota: 150_000 });
  });
});

describe('isSandboxOf', () => {
  const owner = { installationId: 'installation', serverId: 'server' };
  const labels = sandboxSpec(context, limits, 'name').Labels ?? {};

  it('knows a sandbox of this server by its labels, and nothing else', () => {
    expect(isSandboxOf(labels, owner)).toBe(true);
    expect(isSandboxOf(labels, { ...owner, serverId: 'another' })).toBe(false);
    expect(isSandboxOf(labels, { ...owner, installationId: 'another' })).toBe(false);
    expect(isSandboxOf(sharedContainerSpec(context, limits, 1, 'name').Labels ?? {}, owner)).toBe(false);
    expect(isSandboxOf({}, owner)).toBe(false);
  });
});
