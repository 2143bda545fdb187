import * as z from 'zod';

import { defaultResourceLimits, resourceLimitsSchema } from './resource-limits';

/** How Cronium proves to a host who it is. The secret itself is kept apart, encrypted, and never read back. */
export const sshAuthenticationSchema = z.enum(['key', 'password']).meta({ id: 'SshAuthentication' });
export type SshAuthentication = z.infer<typeof sshAuthenticationSchema>;

/** A host's public key, as a person compares it: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` prints the same fingerprint. */
export const hostKeySchema = z
  .strictObject({
    algorithm: z.string().min(1).max(64).describe('For example `ssh-ed25519`.'),
    fingerprint: z
      .string()
      .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'A fingerprint looks like SHA256: and 43 characters.')
      .describe('SHA-256 of the public key in Base64 without padding, as OpenSSH prints it.'),
  })
  .meta({ id: 'HostKey' });
export type HostKey = z.infer<typeof hostKeySchema>;

/** Where a host is and how to use it. */
export const sshConfigSchema = z
  .strictObject({
    host: z
      .string()
      .trim()
      .min(1, 'Give a host name or an address.')
      .max(253)
      .regex(/^[A-Za-z0-9_.:%[\]-]+$/, 'A host is a name or an address, without user, port or blanks.'),
    port: z.int().min(1).max(65_535).default(22),
    username: z
      .string()
      .trim()
      .min(1, 'Give the user to sign in as.')
      .max(64)
      .regex(/^[^\s:@/\\]+$/, 'A user name has no blanks, colons, slashes or @.'),
    authentication: sshAuthenticationSchema,
    jumpServerId: z.uuid().nullable().default(null).describe('Another ssh server to reach this one through.'),
    resourceLimits: resourceLimitsSchema
      .default(defaultResourceLimits)
      .describe('Limits a job, which an event may only tighten. Enforced by the runner, not by the kernel.'),
    maxConcurrentJobs: z.int().min(1).max(512).default(8).describe('Jobs this server runs at one time.'),
    graceSeconds: z
      .int()
      .min(15)
      .max(86_400)
      .default(600)
      .describe('How long a lost connection is tried again before its jobs end as `lost`, in seconds.'),
  })
  .meta({ id: 'SshConfig' });
export type SshConfig = z.infer<typeof sshConfigSchema>;
