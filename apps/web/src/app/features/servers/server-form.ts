import {
  createSshServerSchema,
  queueBounds,
  type CreateSshServerInput,
  defaultWaitMinutes,
  type Server,
  type SshCredentials,
  type TestServer,
  type UpdateServer,
  type UpdateSsh,
  type WhenQueueFull,
  type WhenUnhealthy,
} from '@cronium/contracts';
import type { HostKey, ResourceLimits } from '@cronium/server-types';

import { checkedBy } from '../../shared/form/checked-by';

/** `keep`: the stored one, which nobody reads back. */
export type SignInWith = 'keep' | 'generated_key' | 'private_key' | 'password';

/** An ssh server as the editor edits it. Fields are named as in the API, so that its errors find their field. */
export interface ServerForm {
  name: string;
  description: string;
  tags: string[];
  host: string;
  port: number | null;
  username: string;
  /** Empty for none. */
  jumpServerId: string;
  signInWith: SignInWith;
  /** Of a key pair that Cronium made. */
  keyId: string;
  privateKey: string;
  passphrase: string;
  password: string;
  maxConcurrentJobs: number | null;
  graceSeconds: number | null;
  whenUnhealthy: WhenUnhealthy;
  waitMinutes: number | null;
  maxQueuedJobs: number | null;
  whenQueueFull: WhenQueueFull;
  resourceLimits: Record<keyof ResourceLimits, number | null>;
}

const noLimits = { cpu: null, memoryMb: null, pids: null, diskMb: null, outputMb: null };
const noCredentials = { keyId: '', privateKey: '', passphrase: '', password: '' };

export function newServerForm(): ServerForm {
  return {
    name: '',
    description: '',
    tags: [],
    host: '',
    port: 22,
    username: '',
    jumpServerId: '',
    signInWith: 'generated_key',
    ...noCredentials,
    maxConcurrentJobs: 8,
    graceSeconds: 600,
    whenUnhealthy: 'wait',
    waitMinutes: defaultWaitMinutes,
    maxQueuedJobs: queueBounds.queuedJobs.default,
    whenQueueFull: 'refuse',
    resourceLimits: { ...noLimits },
  };
}

/** @throws when the server is none that the caller may manage, or no ssh server */
export function toServerForm(server: Server): ServerForm {
  const { connection } = server;
  if (!connection) throw new Error(`“${server.name}” is not an ssh server that you may manage.`);
  return {
    name: server.name,
    description: server.description,
    tags: [...server.tags],
    host: connection.host,
    port: connection.port,
    username: connection.username,
    jumpServerId: connection.jumpServer?.id ?? '',
    signInWith: 'keep',
    ...noCredentials,
    maxConcurrentJobs: server.maxConcurrentJobs,
    graceSeconds: connection.graceSeconds,
    whenUnhealthy: server.whenUnhealthy,
    waitMinutes: server.waitMinutes,
    maxQueuedJobs: server.maxQueuedJobs,
    whenQueueFull: server.whenQueueFull,
    resourceLimits: { ...server.limits },
  };
}

function limitsOf(form: ServerForm): Partial<ResourceLimits> {
  const set = Object.entries(form.resourceLimits).filter(
    (entry): entry is [string, number] => entry[1] !== null,
  );
  return Object.fromEntries(set);
}

/** Undefined keeps what is stored. */
export function credentialsOf(form: ServerForm): SshCredentials | undefined {
  switch (form.signInWith) {
    case 'keep':
      return undefined;
    case 'generated_key':
      return { kind: 'generated_key', keyId: form.keyId };
    case 'password':
      return { kind: 'password', password: form.password };
    case 'private_key':
      return {
        kind: 'private_key',
        privateKey: form.privateKey,
        ...(form.passphrase === '' ? {} : { passphrase: form.passphrase }),
      };
  }
}

const connectionOf = (form: ServerForm) => ({
  host: form.host,
  port: form.port ?? 22,
  username: form.username,
  jumpServerId: form.jumpServerId === '' ? null : form.jumpServerId,
});

/** An empty bound is not sent: it says nothing when jobs fail at once. */
const waitingOf = ({ whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull }: ServerForm) => ({
  ...{ whenUnhealthy, whenQueueFull },
  waitMinutes: waitMinutes ?? undefined,
  maxQueuedJobs: maxQueuedJobs ?? undefined,
});

/** Body of `POST /api/servers`. */
export function toCreateServer(form: ServerForm, hostKey: HostKey | undefined): CreateSshServerInput {
  return {
    ...{ name: form.name, description: form.description, tags: form.tags, type: 'ssh' },
    ...connectionOf(form),
    maxConcurrentJobs: form.maxConcurrentJobs ?? undefined,
    graceSeconds: form.graceSeconds ?? undefined,
    ...waitingOf(form),
    resourceLimits: limitsOf(form),
    credentials: credentialsOf(form) ?? { kind: 'password', password: 'kept' },
    hostKey,
  };
}

/** Body of `PATCH /api/servers/:id`. */
export function toUpdateServer(form: ServerForm): UpdateServer {
  const { name, description, tags } = form;
  return { name, description, tags, ...waitingOf(form), ssh: toUpdateSsh(form) };
}

/** The part `ssh` of `PATCH /api/servers/:id`; also what a saved server is tried with. */
export function toUpdateSsh(form: ServerForm): UpdateSsh {
  const credentials = credentialsOf(form);
  return {
    ...connectionOf(form),
    maxConcurrentJobs: form.maxConcurrentJobs ?? undefined,
    graceSeconds: form.graceSeconds ?? undefined,
    resourceLimits: limitsOf(form),
    ...(credentials ? { credentials } : {}),
  };
}

/** Body of `POST /api/servers/test`. */
export function toTestServer(form: ServerForm, hostKey: HostKey | undefined): TestServer {
  const credentials = credentialsOf(form) ?? { kind: 'password', password: '' };
  return { ...connectionOf(form), credentials, hostKey };
}

const credentialFields: Partial<Record<string, keyof ServerForm>> = {
  keyId: 'signInWith',
  privateKey: 'privateKey',
  passphrase: 'passphrase',
  password: 'password',
};

/** Where the form has what the API calls `credentials.privateKey`. */
export function fieldOfCredential(name: string | undefined): keyof ServerForm {
  return credentialFields[name ?? ''] ?? 'signInWith';
}

/** What the API will check, checked here with the same schema. */
export const serverFormSchema = checkedBy<ServerForm>(
  createSshServerSchema,
  (form) => toCreateServer(form, undefined),
  (path) => (path[0] === 'credentials' ? [fieldOfCredential(String(path[1]))] : path),
).superRefine((form, context) => {
  const missing = (path: keyof ServerForm, message: string) =>
    context.addIssue({ code: 'custom', path: [path], message });
  if (form.whenUnhealthy === 'wait' && form.waitMinutes === null) {
    missing('waitMinutes', 'Give the minutes, from 1 to 1440.');
  }
  if (form.maxQueuedJobs === null) missing('maxQueuedJobs', 'Say how many jobs may wait.');
  if (form.port === null) missing('port', 'Give the port; SSH has 22.');
  if (form.signInWith === 'generated_key' && form.keyId === '') {
    missing('signInWith', 'Make the key, and put its public half on the host.');
  }
  if (form.signInWith === 'private_key' && form.privateKey === '')
    missing('privateKey', 'Paste the private key.');
  if (form.signInWith === 'password' && form.password === '') missing('password', 'Give the password.');
});
