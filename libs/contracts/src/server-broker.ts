import { containerConfigSchema, resourceLimitsSchema, warmPoolSchema } from '@cronium/server-types';
import * as z from 'zod';

/** Where the sandbox broker of another machine listens. */
export const brokerAddressSchema = z
  .string()
  .trim()
  .max(300)
  .regex(/^tls:\/\/([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}$/, {
    error: 'Write it as tls://host:port, as CRONIUM_BROKER_LISTEN of that broker says it.',
    abort: true,
  })
  .refine(
    (address) => Number(address.slice(address.lastIndexOf(':') + 1)) <= 65_535,
    'The port is at most 65535.',
  )
  .describe('`tls://host:port`')
  .meta({ id: 'BrokerAddress' });

const joinToken = z
  .string()
  .trim()
  .min(1, 'Give the join token.')
  .max(500)
  .describe('Printed once by `join-token` on the broker’s machine, and used up by this. Written only.');

/** Joins a broker: the address, and what lets this Cronium in once. */
export const joinBrokerSchema = z
  .strictObject({ address: brokerAddressSchema, joinToken })
  .meta({ id: 'JoinBroker' });
export type JoinBroker = z.infer<typeof joinBrokerSchema>;

/** Another address of the same broker, or a broker that was set up anew, with a join token of it. */
export const updateBrokerSchema = joinBrokerSchema.partial().meta({ id: 'UpdateBroker' });
export type UpdateBroker = z.infer<typeof updateBrokerSchema>;

/** The broker of a container server on another machine; only for those who may manage the server. */
export const serverBrokerSchema = z
  .strictObject({
    address: z.string(),
    fingerprint: z.string().describe('SHA-256 of the certificate that the broker must show, in hex.'),
  })
  .meta({ id: 'ServerBroker' });
export type ServerBroker = z.infer<typeof serverBrokerSchema>;

/** What administrators change of a container server's configuration: what is left out stays, or has its default. */
export const containerConfigChangeSchema = z
  .strictObject({
    isolation: containerConfigSchema.shape.isolation.unwrap(),
    runtime: containerConfigSchema.shape.runtime.unwrap(),
    resourceLimits: resourceLimitsSchema.partial(),
    pool: z
      .strictObject({
        size: warmPoolSchema.shape.size.unwrap(),
        refillConcurrency: warmPoolSchema.shape.refillConcurrency.unwrap(),
      })
      .partial(),
    maxConcurrentJobs: containerConfigSchema.shape.maxConcurrentJobs.unwrap(),
  })
  .partial();
export type ContainerConfigChange = z.infer<typeof containerConfigChangeSchema>;
