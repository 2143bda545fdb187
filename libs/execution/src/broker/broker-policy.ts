import type { ContainerConfig, ContainerRuntime, ResourceLimits } from '@cronium/server-types';

/** What callers may ask of a broker: its own configuration, not theirs. */
export interface BrokerPolicy {
  /** Images that sandboxes may be made from. */
  readonly images: readonly string[];
  /** Long-lived containers that isolations `shared` and `namespace` may use. */
  readonly containers: readonly string[];
  /** What sandboxes may be started with. */
  readonly runtimes: readonly ContainerRuntime[];
  /** The most that one job may be given. */
  readonly limits: ResourceLimits;
  /** The most sandboxes that may be warm for one server. */
  readonly poolSize: number;
  /** The most jobs that may be in sandboxes at one time, over all servers. */
  readonly jobs: number;
  /** Requests that a client may make in a second; ten times as many at once. */
  readonly requestsPerSecond: number;
}

/** A request that the broker's configuration does not allow; names the field and the remedy. */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal';

  constructor(
    readonly code: 'not_allowed' | 'rate_limited' | 'unknown_session' | 'bad_request',
    message: string,
  ) {
    super(message);
  }
}

/** Throws a `BrokerRefusal` when a server is not to be run like this. */
export function checkConfig(policy: BrokerPolicy, config: ContainerConfig): void {
  allow(policy.images, config.image, 'image', 'CRONIUM_BROKER_IMAGES');
  allow(policy.runtimes, config.runtime, 'runtime', 'CRONIUM_BROKER_RUNTIMES');
  if (config.isolation !== 'job') {
    allow(policy.containers, config.containerName, 'containerName', 'CRONIUM_BROKER_CONTAINERS');
  }
  if (config.pool.size > policy.poolSize) {
    throw new BrokerRefusal(
      'not_allowed',
      `pool.size is ${config.pool.size}; this broker keeps at most ${policy.poolSize} warm (CRONIUM_BROKER_POOL_SIZE).`,
    );
  }
  checkLimits(policy, config.resourceLimits);
}

/** Throws a `BrokerRefusal` when a job is not to be given as much. */
export function checkLimits(policy: BrokerPolicy, limits: ResourceLimits): void {
  for (const [name, most] of Object.entries(policy.limits) as [keyof ResourceLimits, number][]) {
    if (limits[name] > most) {
      throw new BrokerRefusal(
        'not_allowed',
        `The limit ${name} is ${limits[name]}; this broker gives a job at most ${most} (CRONIUM_BROKER_LIMITS).`,
      );
    }
  }
}

function allow(list: readonly string[], value: string, field: string, variable: string): void {
  if (!list.includes(value)) {
    throw new BrokerRefusal(
      'not_allowed',
      `${field} "${value}" is not on this broker’s list. Its administrator may add it (${variable}).`,
    );
  }
}
