import type { ContainerRuntime, ResourceLimits } from '@cronium/server-types';
import type { ContainerCreateOptions, HostConfig } from 'dockerode';

import { ExecutionError } from '../execution-error';

export const LABELS = {
  installation: 'org.cronium.installation',
  server: 'org.cronium.server',
  role: 'org.cronium.role',
  /** The process that started it, see `process-identity.ts`. */
  owner: 'org.cronium.owner',
} as const;

/** Whose a sandbox is. */
export interface SandboxOwner {
  readonly installationId: string;
  readonly serverId: string;
}

export interface SpecContext extends SandboxOwner {
  readonly owner: string;
  readonly image: string;
  readonly runtime: ContainerRuntime;
  /** Of the engine: what containers get for which it is told none. */
  readonly defaultRuntime?: string | undefined;
  /** The seccomp profile itself, JSON. */
  readonly seccompProfile: string;
  /** Whether the engine takes `writable-cgroups=true` (engine-abilities.ts). */
  readonly delegatesCgroups?: boolean | undefined;
  /** Present where the engine is Podman, whose Docker API takes less: the profile only as a file, which it reads itself, and no number of files. */
  readonly podman?: { readonly seccompFile: string } | undefined;
}

const MIB = 1024 * 1024;
const CPU_PERIOD_MICROSECONDS = 100_000;
/** For the runner (about 15 MiB, and 4 MiB of unsent output), the kernel's own structures, and /dev/shm. */
const OVERHEAD_MB = 96;
/** gVisor's kernel is a process of the container, with a heap, and a second one that opens files for it. */
const GVISOR_OVERHEAD_MB = 160;
/** What the engine counts as the processes of a container in gVisor: threads of its kernel, some for each of the script's processes. */
const GVISOR_THREADS = 512;
const GVISOR_THREADS_A_PROCESS = 4;
/** POSIX semaphores and shared memory live in /dev/shm (Python's multiprocessing needs it); it is counted as memory. */
const SHM_MB = 16;
/** An empty file costs the kernel about 1 KiB that no size limit sees. */
const INODES_PER_MB = 128;
const LEAST_INODES = 4096;

/** As the image makes it. */
export const RUNNER_USER = '1000:1000';
/** Debian's `nobody`. */
const HOLDING_USER = '65534:65534';

/**
 * The runner is the container's first process, and not a child of the image's tini: a script has the same user as the runner, and
 * only process 1 is safe from its signals. The runner reaps orphans itself.
 */
export const RUNNER_COMMAND = ['python3', '-I', '-S', '/opt/cronium/runner.pyc'];

/** The resident of a container with isolation `namespace`, and with `front` the way to it. */
export const RESIDENT_COMMAND = ['python3', '-I', '-S', '/opt/cronium/resident.pyc'];

/** A single-use sandbox: one job with these limits. */
export function sandboxSpec(
  context: SpecContext,
  limits: ResourceLimits,
  name: string,
): ContainerCreateOptions {
  return {
    ...hardened(context, limits, 'sandbox'),
    name,
    Entrypoint: RUNNER_COMMAND,
    Cmd: ['sandbox'],
    OpenStdin: true,
    // A second attach takes over where the first was lost.
    StdinOnce: false,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  };
}

/** The long-lived container of isolation `shared`: room for as many jobs as the server runs at one time. */
export function sharedContainerSpec(
  context: SpecContext,
  limits: ResourceLimits,
  jobs: number,
  name: string,
): ContainerCreateOptions {
  // Jobs come as the user of a sandbox; what holds the container open has another, so that none of them can end it.
  return { ...hardened(context, together(limits, jobs), 'shared'), name, User: HOLDING_USER, Cmd: ['hold'] };
}

/** What a resident needs to make namespaces for its jobs, and what its jobs give up again before their script begins (job-init.c). */
const NAMESPACE_CALLS = ['mount', 'unshare', 'sethostname'];

/** The long-lived container of isolation `namespace`: room for as many runners as there are at one time, of jobs and waiting. */
export function namespaceContainerSpec(
  context: SpecContext,
  limits: ResourceLimits,
  jobs: number,
  name: string,
): ContainerCreateOptions {
  if (context.podman) {
    throw new ExecutionError(
      'sandbox_failed',
      'Podman takes a seccomp profile as a file only, and isolation `namespace` needs one of its own. Choose isolation `job` or `shared`.',
    );
  }
  const base = hardened(context, together(limits, jobs), 'namespace');
  return {
    ...base,
    name,
    Entrypoint: RESIDENT_COMMAND,
    Cmd: [],
    HostConfig: {
      ...base.HostConfig,
      SecurityOpt: [
        'no-new-privileges',
        `seccomp=${widened(context.seccompProfile)}`,
        // The profile that Docker gives containers refuses every mount.
        'apparmor=unconfined',
        // So that each job has a cgroup of its own, below the container's, whose limits stay the engine's. No job's mounts show it.
        ...(context.delegatesCgroups ? ['writable-cgroups=true'] : []),
      ],
      // A fresh /proc may only be mounted where nothing of the present one is covered (`systempaths=unconfined` of the command line).
      ...{ MaskedPaths: [], ReadonlyPaths: [] },
    },
  };
}

/**
 * gVisor answers what a profile refuses with EPERM, whatever the profile says: for `clone3` the C library would take that as final, and no thread
 * could start. The namespaces that it can make are gVisor's own.
 */
function forGvisor(seccompProfile: string): string {
  const profile = JSON.parse(seccompProfile) as { syscalls: { names: string[] }[] };
  const syscalls = profile.syscalls.map((rule) =>
    rule.names.includes('clone3') ? { names: ['clone3'], action: 'SCMP_ACT_ALLOW' } : rule,
  );
  return JSON.stringify({ ...profile, syscalls });
}

function widened(seccompProfile: string): string {
  const profile = JSON.parse(seccompProfile) as { syscalls: object[] };
  const rule = { comment: 'To make namespaces', names: NAMESPACE_CALLS, action: 'SCMP_ACT_ALLOW' };
  return JSON.stringify({ ...profile, syscalls: [...profile.syscalls, rule] });
}

function together(limits: ResourceLimits, jobs: number): ResourceLimits {
  return {
    ...limits,
    cpu: limits.cpu * jobs,
    memoryMb: limits.memoryMb * jobs,
    pids: limits.pids * jobs,
    diskMb: limits.diskMb * jobs,
  };
}

/** How to tighten a sandbox that was started with `started` for a job with `wanted`; undefined when the kernel need not be told. */
export function tightening(
  started: ResourceLimits,
  wanted: ResourceLimits,
  runtime: ContainerRuntime,
): KernelLimits | undefined {
  // gVisor has no command to change a container that runs: its runner watches what the engine would hold otherwise.
  if (runtime === 'runsc') return undefined;
  // The disk's size cannot be changed; the runner ends the job when it passes the stricter figure.
  if (started.cpu === wanted.cpu && started.memoryMb === wanted.memoryMb && started.pids === wanted.pids) {
    return undefined;
  }
  return kernelLimits({ ...wanted, diskMb: started.diskMb }, runtime);
}

/** What the kernel holds a container to, in the engine's words; may be changed while it runs. */
export type KernelLimits = Required<
  Pick<HostConfig, 'CpuPeriod' | 'CpuQuota' | 'Memory' | 'MemorySwap' | 'PidsLimit'>
>;

function kernelLimits(limits: ResourceLimits, runtime: ContainerRuntime): KernelLimits {
  const gvisor = runtime === 'runsc';
  // What is written to the tmpfs is memory of the container too. The runner ends a job whose processes alone pass `memoryMb`.
  const memory = (limits.memoryMb + limits.diskMb + OVERHEAD_MB + (gvisor ? GVISOR_OVERHEAD_MB : 0)) * MIB;
  return {
    // A quota may exceed the machine's processors, which NanoCpus may not.
    CpuPeriod: CPU_PERIOD_MICROSECONDS,
    CpuQuota: Math.round(limits.cpu * CPU_PERIOD_MICROSECONDS),
    Memory: memory,
    MemorySwap: memory,
    PidsLimit: gvisor ? GVISOR_THREADS + GVISOR_THREADS_A_PROCESS * limits.pids : limits.pids,
  };
}

function hardened(
  context: SpecContext,
  limits: ResourceLimits,
  role: 'sandbox' | 'shared' | 'namespace',
): ContainerCreateOptions {
  // Without a number of files, empty ones are held by the container's memory.
  const inodes = context.podman ? '' : `nr_inodes=${Math.max(LEAST_INODES, limits.diskMb * INODES_PER_MB)},`;
  // The typings do not know CgroupnsMode yet.
  const hostConfig: HostConfig & { CgroupnsMode: 'private' } = {
    ...kernelLimits(limits, context.runtime),
    // Whatever the engine has as its default is not named: Podman's may be crun.
    ...(namesRuntime(context) && { Runtime: context.runtime }),
    NetworkMode: 'none',
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges', `seccomp=${seccomp(context)}`],
    Privileged: false,
    // The only place to write, and gone with the container.
    Tmpfs: { '/tmp': `rw,exec,nosuid,nodev,size=${limits.diskMb}m,${inodes}mode=1777` },
    ShmSize: SHM_MB * MIB,
    IpcMode: 'private',
    CgroupnsMode: 'private',
    LogConfig: { Type: 'none', Config: {} },
    RestartPolicy: { Name: '' },
    AutoRemove: false,
    Init: false,
    // When the machine itself runs out of memory, a script goes before what runs it.
    OomScoreAdj: 500,
    // Only lowered: an engine without CAP_SYS_RESOURCE could not start a container with more than it has itself.
    Ulimits: [
      { Name: 'core', Soft: 0, Hard: 0 },
      ...(context.runtime === 'runsc' ? [processLimit(limits)] : []),
    ],
  };
  return {
    Image: context.image,
    User: RUNNER_USER,
    Hostname: 'sandbox',
    WorkingDir: '/tmp',
    Tty: false,
    Labels: {
      [LABELS.installation]: context.installationId,
      [LABELS.server]: context.serverId,
      [LABELS.role]: role,
      [LABELS.owner]: context.owner,
    },
    HostConfig: hostConfig,
  };
}

function seccomp({ podman, runtime, seccompProfile }: SpecContext): string {
  if (podman) return podman.seccompFile;
  return runtime === 'runsc' ? forGvisor(seccompProfile) : seccompProfile;
}

/**
 * gVisor counts a user's processes in one container alone, so that this keeps a fork bomb from the threads of gVisor's own. The runner ends a
 * job that passes its limit, as with isolation `namespace`.
 */
function processLimit({ pids }: ResourceLimits): { Name: string; Soft: number; Hard: number } {
  return { Name: 'nproc', Soft: 2 * pids, Hard: 2 * pids };
}

/** Whether the runtime has to be named, and then to be looked at: the engine may not do as it is told. */
export function namesRuntime({
  runtime,
  defaultRuntime,
}: Pick<SpecContext, 'runtime' | 'defaultRuntime'>): boolean {
  return runtime !== 'runc' && runtime !== defaultRuntime;
}

/** Whether a container with these labels is a single-use sandbox of this server. */
export function isSandboxOf(labels: Readonly<Record<string, string>>, owner: SandboxOwner): boolean {
  return (
    labels[LABELS.installation] === owner.installationId &&
    labels[LABELS.server] === owner.serverId &&
    labels[LABELS.role] === 'sandbox'
  );
}

const WARM_PREFIX = 'cronium-warm-';
const JOB_PREFIX = 'cronium-job-';

/** Labels cannot change once a container exists, names can: a sandbox takes its job's name when it has the job. */
export const warmName = (id: string): string => WARM_PREFIX + id;
export const jobName = (jobId: string): string => JOB_PREFIX + jobId;

/** Whether a name, with the slash that the engine lists it with or without, is a job's. */
export function isJobName(name: string): boolean {
  return name.replace(/^\//, '').startsWith(JOB_PREFIX);
}
