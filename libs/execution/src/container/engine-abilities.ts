import type { ContainerRuntime } from '@cronium/server-types';

import { ExecutionError } from '../execution-error';

/** What an engine says of itself (`GET /info`), as far as it matters here. Podman says the same; older engines leave some out. */
export interface EngineInfo {
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly PidsLimit?: boolean;
  readonly CgroupDriver?: string;
  readonly CgroupVersion?: string;
  /** Podman's; Docker tells it among its security options. */
  readonly Rootless?: boolean;
  readonly SecurityOptions?: readonly string[] | null;
  readonly DefaultRuntime?: string;
  readonly Runtimes?: Readonly<Record<string, unknown>> | null;
}

const LIMITS = { MemoryLimit: 'memory', CpuCfsQuota: 'processor time', PidsLimit: 'processes' } as const;

/**
 * Throws when the engine would start a container otherwise than it is told: without its limits, which engines only warn of, or on another
 * runtime.
 */
export function requireAbilities(info: EngineInfo, runtime: ContainerRuntime): void {
  const missing = unenforced(info);
  if (missing.length > 0) {
    throw new ExecutionError(
      'limits_unenforced',
      `The engine cannot hold containers to their limits of ${missing.join(', ')}: ${reason(info)} ` +
        'No job is started without its limits. See docs/operations/rootless-and-podman.md.',
    );
  }
  if (runtime !== 'runc' && !(runtime in (info.Runtimes ?? {}))) {
    throw missingRuntime(runtime);
  }
}

/**
 * Throws when a container was made with another runtime than it should have. Podman's Docker-compatible socket takes the wish, answers that all is
 * well, and makes the container with its own default.
 */
export function requireRuntime(found: string | undefined, wanted: ContainerRuntime): void {
  if (wanted === 'runc' || found === wanted) return;
  throw new ExecutionError(
    'runtime_missing',
    `The engine made a container with runtime \`${found ?? 'unknown'}\` where \`${wanted}\` was asked for; it was not started. Podman does so: make ` +
      `\`${wanted}\` its default (docs/operations/rootless-and-podman.md), or set the server to runtime \`runc\`.`,
  );
}

export function missingRuntime(runtime: string, cause?: unknown): ExecutionError {
  return new ExecutionError(
    'runtime_missing',
    `The engine has no runtime \`${runtime}\`. Install gVisor’s \`runsc\` on its machine and name it in the engine’s daemon.json ` +
      '(docs/operations/gvisor.md), or set the server to runtime `runc`.',
    { cause },
  );
}

/**
 * Whether the engine gives a container's cgroup to the container, as `writable-cgroups=true` asks: Docker from 28.0 on (API 1.48), with cgroup v2,
 * and with neither rootless mode nor user namespaces of its own, where it refuses to start such a container.
 */
export function delegatesCgroups(info: EngineInfo, apiVersion: string): boolean {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  const takesOption = major > 1 || (major === 1 && minor >= 48);
  return takesOption && info.CgroupVersion === '2' && !isRootless(info) && !says(info, 'userns');
}

function unenforced(info: EngineInfo): string[] {
  const none = info.CgroupDriver === 'none' || (isRootless(info) && info.CgroupVersion === '1');
  return Object.entries(LIMITS).flatMap(([key, name]) =>
    none || info[key as keyof typeof LIMITS] === false ? [name] : [],
  );
}

function reason(info: EngineInfo): string {
  if (isRootless(info)) {
    return info.CgroupVersion === '1'
      ? 'it is rootless, and its machine has cgroup v1, which gives a user no limits to set.'
      : 'it is rootless, and systemd has not delegated these controllers to its user.';
  }
  return 'the kernel of its machine was started without the cgroup controllers for them.';
}

const isRootless = (info: EngineInfo): boolean => info.Rootless === true || says(info, 'rootless');

/** Whether it is among the engine's security options, `name=…` and more. */
const says = ({ SecurityOptions: options }: EngineInfo, name: string): boolean =>
  (options ?? []).some((option) =>
    option.split(',').some((part) => part === name || part === `name=${name}`),
  );
