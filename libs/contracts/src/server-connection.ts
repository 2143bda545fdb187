import { hostKeySchema, resourceLimitsSchema, sshConfigSchema } from '@cronium/server-types';
import * as z from 'zod';

import { idSchema } from './page';
import { maxQueuedJobsSchema, queueBounds, whenQueueFullSchema } from './queue';
import { containerConfigChangeSchema, joinBrokerSchema } from './server-broker';
import { defaultWaitMinutes, waitMinutesSchema, whenUnhealthySchema } from './when-unhealthy';

export const maxServerTags = 20;

const target = {
  host: sshConfigSchema.shape.host,
  port: sshConfigSchema.shape.port,
  username: sshConfigSchema.shape.username,
  jumpServerId: sshConfigSchema.shape.jumpServerId,
};

/** How Cronium signs in. Written only: no route gives a password or a private key back. */
export const sshCredentialsSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('password'),
      password: z.string().min(1, 'Give the password.').max(1024),
    }),
    z.strictObject({
      kind: z.literal('private_key'),
      privateKey: z
        .string()
        .min(1, 'Give the private key.')
        .max(65_536)
        .describe('OpenSSH or PEM; ed25519, RSA or ECDSA.'),
      passphrase: z.string().max(1024).optional().describe('Of the private key, if it has one.'),
    }),
    z.strictObject({
      kind: z.literal('generated_key'),
      keyId: idSchema.describe('From `POST /api/servers/keys`.'),
    }),
  ])
  .meta({ id: 'SshCredentials' });
export type SshCredentials = z.infer<typeof sshCredentialsSchema>;

/** Answer of `POST /api/servers/keys`: a key pair made by Cronium, whose private half never leaves it. */
export const generatedKeySchema = z
  .strictObject({
    keyId: idSchema.describe('Give it as credentials within a day; then it is forgotten.'),
    publicKey: z.string().describe('One line for `~/.ssh/authorized_keys` of the user on the host.'),
  })
  .meta({ id: 'GeneratedKey' });
export type GeneratedKey = z.infer<typeof generatedKeySchema>;

/** Body of `POST /api/servers/host-key`: asks a host for its key, for a person to approve. */
export const hostKeyRequestSchema = z
  .strictObject({ host: target.host, port: target.port, jumpServerId: target.jumpServerId })
  .meta({ id: 'HostKeyRequest' });
export type HostKeyRequest = z.infer<typeof hostKeyRequestSchema>;

const serverName = z.string().trim().min(1, 'Give the server a name.').max(200);
const serverTags = z.array(z.string().trim().min(1).max(50)).max(maxServerTags);
const connectionDetails = {
  ...target,
  maxConcurrentJobs: sshConfigSchema.shape.maxConcurrentJobs,
  graceSeconds: sshConfigSchema.shape.graceSeconds,
  resourceLimits: resourceLimitsSchema.partial().default({}).describe('A figure left out is the product’s.'),
};

const details = {
  name: serverName,
  description: z.string().max(2000).default(''),
  tags: serverTags.default([]),
  // A host that restarts is not to lose runs.
  whenUnhealthy: whenUnhealthySchema.default('wait'),
  waitMinutes: waitMinutesSchema.default(defaultWaitMinutes),
  maxQueuedJobs: maxQueuedJobsSchema.default(queueBounds.queuedJobs.default),
  whenQueueFull: whenQueueFullSchema.default('refuse'),
};

/** An ssh server, as `POST /api/servers` takes it. */
export const createSshServerSchema = z
  .strictObject({
    ...details,
    type: z.literal('ssh'),
    ...connectionDetails,
    credentials: sshCredentialsSchema,
    hostKey: hostKeySchema
      .optional()
      .describe(
        'The approved key of `POST /api/servers/host-key`. Without it the server waits for an approval.',
      ),
  })
  .meta({ id: 'CreateSshServer' });
export type CreateSshServer = z.infer<typeof createSshServerSchema>;
export type CreateSshServerInput = z.input<typeof createSshServerSchema>;

/** Sandboxes on another machine, as `POST /api/servers` takes it of administrators. */
export const createContainerServerSchema = z
  .strictObject({
    ...details,
    type: z.literal('container'),
    broker: joinBrokerSchema,
    containerConfig: containerConfigChangeSchema.default({}).describe('A figure left out is the product’s.'),
  })
  .meta({ id: 'CreateContainerServer' });
export type CreateContainerServer = z.infer<typeof createContainerServerSchema>;
export type CreateContainerServerInput = z.input<typeof createContainerServerSchema>;

/** Body of `POST /api/servers`. */
export const createServerSchema = z
  .discriminatedUnion('type', [createSshServerSchema, createContainerServerSchema])
  .meta({ id: 'CreateServer' });
export type CreateServer = z.infer<typeof createServerSchema>;

/** The part of `PATCH /api/servers/:id` that is for ssh servers: what is left out stays. */
export const updateSshSchema = z
  .strictObject({
    host: target.host,
    port: target.port.unwrap(),
    username: target.username,
    jumpServerId: target.jumpServerId.unwrap(),
    maxConcurrentJobs: connectionDetails.maxConcurrentJobs.unwrap(),
    graceSeconds: connectionDetails.graceSeconds.unwrap(),
    resourceLimits: resourceLimitsSchema.partial(),
    credentials: sshCredentialsSchema,
  })
  .partial()
  .meta({ id: 'UpdateSsh' });
export type UpdateSsh = z.infer<typeof updateSshSchema>;

/** What `PATCH /api/servers/:id` takes beside the configuration of its type. */
export const updateServerFields = {
  name: serverName.optional(),
  description: z.string().max(2000).optional(),
  tags: serverTags.optional(),
  whenUnhealthy: whenUnhealthySchema.optional(),
  waitMinutes: waitMinutesSchema.optional(),
  maxQueuedJobs: maxQueuedJobsSchema.optional(),
  whenQueueFull: whenQueueFullSchema.optional(),
};

/** Body of `POST /api/servers/:id/host-key`: approves the first key, or accepts a changed one. */
export const approveHostKeySchema = hostKeySchema.meta({ id: 'ApproveHostKey' });

/** How a server is reached; only for those who may manage it. */
export const serverConnectionSchema = z
  .strictObject({
    host: z.string(),
    port: z.int(),
    username: z.string(),
    authentication: sshConfigSchema.shape.authentication,
    jumpServer: z.strictObject({ id: idSchema, name: z.string() }).nullable(),
    publicKey: z
      .string()
      .nullable()
      .describe(
        'Public half of the key that Cronium signs in with, for `authorized_keys`; null with a password.',
      ),
    graceSeconds: z.int(),
    hostKey: hostKeySchema.nullable().describe('The pinned key; null while it waits for an approval.'),
    offeredHostKey: hostKeySchema
      .nullable()
      .describe('Another key that the host has shown since; no job runs there until it is accepted or gone.'),
  })
  .meta({ id: 'ServerConnection' });
export type ServerConnection = z.infer<typeof serverConnectionSchema>;

/** Body of `POST /api/servers/test`: a connection as it would be saved; `POST /api/servers/:id/test` takes an `UpdateSsh`. */
export const testServerSchema = z
  .strictObject({
    ...target,
    credentials: sshCredentialsSchema,
    hostKey: hostKeySchema.optional(),
  })
  .meta({ id: 'TestServer' });
export type TestServer = z.infer<typeof testServerSchema>;

export const connectionStepSchema = z
  .enum(['resolve', 'connect', 'host_key', 'authenticate', 'runner', 'interpreters'])
  .meta({ id: 'ConnectionStep' });
export type ConnectionStep = z.infer<typeof connectionStepSchema>;

/** Answer of a connection test: every step in order, the ones after a failure as `skipped`. */
export const connectionTestSchema = z
  .strictObject({
    ok: z.boolean(),
    steps: z.array(
      z.strictObject({
        step: connectionStepSchema,
        state: z.enum(['passed', 'failed', 'warning', 'skipped']),
        durationMs: z.number().min(0),
        message: z.string().describe('What was found, or the cause and the remedy.'),
      }),
    ),
    hostKey: hostKeySchema.nullable().describe('The key that the host has shown.'),
    interpreters: z
      .record(z.string(), z.string().nullable())
      .describe('Version by name; null where there is none.'),
  })
  .meta({ id: 'ConnectionTest' });
export type ConnectionTest = z.infer<typeof connectionTestSchema>;
