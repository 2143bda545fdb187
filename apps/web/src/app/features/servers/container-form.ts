import {
  updateServerSchema,
  type Server,
  type UpdateServer,
  type WhenQueueFull,
  type WhenUnhealthy,
} from '@cronium/contracts';
import {
  runtimeConflict,
  type ContainerRuntime,
  type Isolation,
  type ResourceLimits,
} from '@cronium/server-types';

import { checkedBy } from '../../shared/form/checked-by';

type Emptiable<T> = { [K in keyof T]: T[K] | null };
type ContainerChange = NonNullable<UpdateServer['containerConfig']>;

/** A container server as the editor edits it; named and nested as in the API, so that its errors find their field. */
export interface ContainerForm {
  name: string;
  description: string;
  tags: string[];
  /** Empty for containers on the machine of Cronium itself. A join token is given for a broker that was set up anew. */
  broker: { address: string; joinToken: string };
  containerConfig: {
    isolation: Isolation;
    runtime: ContainerRuntime;
    maxConcurrentJobs: number | null;
    pool: { size: number | null; refillConcurrency: number | null };
    resourceLimits: Emptiable<ResourceLimits>;
  };
  whenUnhealthy: WhenUnhealthy;
  waitMinutes: number | null;
  maxQueuedJobs: number | null;
  whenQueueFull: WhenQueueFull;
}

/** @throws when it is no container server */
export function toContainerForm(server: Server): ContainerForm {
  const { containerConfig: config } = server;
  if (!config) throw new Error(`“${server.name}” is not a container server.`);
  const { name, description, tags, whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull } = server;
  return {
    ...{ name, description, tags: [...tags], whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull },
    broker: { address: server.broker?.address ?? '', joinToken: '' },
    containerConfig: {
      isolation: config.isolation,
      runtime: config.runtime,
      maxConcurrentJobs: config.maxConcurrentJobs,
      pool: { ...config.pool },
      resourceLimits: { ...config.resourceLimits },
    },
  };
}

/**
 * Body of `PATCH /api/servers/:id`: only what differs, so that of two administrators each changes what they meant to, and the audit log
 * says no more than that. What is empty stays as it was; the check refuses where that is not meant.
 */
export function toContainerUpdate(form: ContainerForm, before: ContainerForm): UpdateServer {
  const { containerConfig, broker, ...rest } = form;
  const { containerConfig: configBefore, broker: brokerBefore, ...restBefore } = before;
  const { pool, resourceLimits, ...config } = containerConfig;
  const { pool: poolBefore, resourceLimits: limitsBefore, ...plainBefore } = configBefore;
  const change: ContainerChange = {
    ...differing(config, plainBefore),
    ...unlessEmpty('pool', differing(pool, poolBefore)),
    ...unlessEmpty('resourceLimits', differing(resourceLimits, limitsBefore)),
  };
  return {
    ...differing(rest, restBefore),
    ...unlessEmpty('broker', differing(broker, brokerBefore)),
    ...unlessEmpty('containerConfig', change),
  };
}

function differing<T extends object>(now: T, before: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const keys = (Object.keys(now) as (keyof T)[]).filter(
    (key) => now[key] !== null && JSON.stringify(now[key]) !== JSON.stringify(before[key]),
  );
  return Object.fromEntries(keys.map((key) => [key, now[key]])) as { [K in keyof T]?: NonNullable<T[K]> };
}

function unlessEmpty<K extends string, T extends object>(key: K, value: T): Partial<Record<K, T>> {
  return Object.keys(value).length === 0 ? {} : ({ [key]: value } as Record<K, T>);
}

const withoutNulls = (value: object): object =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null));

/** What the API will check, checked here with the same schema. */
export const containerFormSchema = checkedBy<ContainerForm>(
  updateServerSchema,
  ({ containerConfig, broker: { address, joinToken }, ...rest }) => ({
    ...withoutNulls(rest),
    ...(address === '' ? {} : { broker: { address, ...(joinToken === '' ? {} : { joinToken }) } }),
    containerConfig: {
      ...withoutNulls(containerConfig),
      pool: withoutNulls(containerConfig.pool),
      resourceLimits: withoutNulls(containerConfig.resourceLimits),
    },
  }),
).superRefine((form, context) => {
  const need = (value: number | null, path: string[], message: string) => {
    if (value === null) context.addIssue({ code: 'custom', path, message });
  };
  const { maxConcurrentJobs, pool, resourceLimits, isolation } = form.containerConfig;
  const conflict = runtimeConflict(form.containerConfig);
  if (conflict) context.addIssue({ code: 'custom', path: ['containerConfig', 'runtime'], message: conflict });
  need(maxConcurrentJobs, ['containerConfig', 'maxConcurrentJobs'], 'Say how many, from 1 to 512.');
  // Where there is no pool its fields are not shown.
  if (isolation !== 'shared') {
    need(pool.size, ['containerConfig', 'pool', 'size'], 'Say how many, from 0 to 64.');
    need(
      pool.refillConcurrency,
      ['containerConfig', 'pool', 'refillConcurrency'],
      'Say how many, from 1 to 16.',
    );
  }
  for (const [limit, value] of Object.entries(resourceLimits)) {
    need(value, ['containerConfig', 'resourceLimits', limit], 'Give the limit; a container server has each.');
  }
  if (form.whenUnhealthy === 'wait') {
    need(form.waitMinutes, ['waitMinutes'], 'Give the minutes, from 1 to 1440.');
  }
  need(form.maxQueuedJobs, ['maxQueuedJobs'], 'Say how many jobs may wait.');
});
