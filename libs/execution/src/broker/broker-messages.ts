import { containerConfigSchema, isolationSchema, resourceLimitsSchema } from '@cronium/server-types';
import * as z from 'zod';

import { hostRoomSchema, leftoversSchema } from '../runner/messages';

/*
 * How the API speaks with the sandbox broker. A connection carries one request: a line of JSON, answered by a line of JSON. What follows
 * depends on the request. After `open` and `attach` the connection is the stream to the runner, framed as Docker frames an attach
 * (multiplexed-channel.ts); after `session` it carries lines both ways until either side closes it; after any other nothing.
 *
 * A session names a server with its configuration; everything else happens within one. It is over when its connection is.
 */

export const BROKER_VERSION = 1;

/** A broker says at least so often that it is there; who has heard nothing for three times as long has lost it. */
export const STILL_HERE_MS = 10_000;

/** The longest line, in bytes: a question about as many containers as an engine runs. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** Where a job's runner is, as in a handle. An id of the engine's, and where jobs share a container the runner's. */
export const locationSchema = z.strictObject({
  executor: z.literal('container'),
  isolation: isolationSchema,
  containerId: z.string().regex(/^[0-9a-f]{64}$/),
  runnerId: z.uuid().optional(),
});

export type SandboxLocation = z.infer<typeof locationSchema>;

/** As a handle has it: without the fields that are not there. */
export function handleLocation({ runnerId, ...location }: SandboxLocation): Record<string, string> {
  return runnerId === undefined ? location : { ...location, runnerId };
}

const uuid = z.uuid();
const session = z.string().min(1).max(64);

export const brokerRequestSchema = z.discriminatedUnion('request', [
  /** Is the broker there, and its engine? */
  z.strictObject({ version: z.literal(BROKER_VERSION), request: z.literal('health') }),
  /** Begins a session. With `warm` sandboxes are kept ready for it. */
  z.strictObject({
    version: z.literal(BROKER_VERSION),
    request: z.literal('session'),
    installationId: z.string().min(1).max(64),
    serverId: uuid,
    config: containerConfigSchema,
    warm: z.boolean(),
  }),
  /** A sandbox for a job, within these limits. */
  z.strictObject({
    request: z.literal('open'),
    session,
    jobId: uuid,
    limits: resourceLimitsSchema,
  }),
  /** The sandbox of a job that runs. */
  z.strictObject({ request: z.literal('attach'), session, jobId: uuid, location: locationSchema }),
  /** Ends what is left of a job, and removes it. */
  z.strictObject({ request: z.literal('stop'), session, location: locationSchema }),
  /** Could a job run now? */
  z.strictObject({ request: z.literal('check'), session }),
  z.strictObject({ request: z.literal('usage'), session }),
  /** What the machine has left, where no runner that waits tells of it. */
  z.strictObject({ request: z.literal('measure'), session }),
  /** Removes what killed runners have left. */
  z.strictObject({ request: z.literal('sweep'), session }),
  /** Forgets the client: its certificate will not be used any more. Of clients on other machines. */
  z.strictObject({ version: z.literal(BROKER_VERSION), request: z.literal('leave') }),
]);
export type BrokerRequest = z.infer<typeof brokerRequestSchema>;
export type BrokerRequestName = BrokerRequest['request'];

/** The one thing that a client on another machine can ask whose certificate the broker does not know: to know it from now on. */
export const joinRequestSchema = z.strictObject({
  version: z.literal(BROKER_VERSION),
  request: z.literal('join'),
  installationId: z.string().min(1).max(64),
  /** Of a join token that was given on the broker's machine. */
  secret: z.string().regex(/^[0-9a-f]{48}$/),
});
export type JoinRequest = z.infer<typeof joinRequestSchema>;

const errorSchema = z.strictObject({
  error: z.strictObject({
    /** Of `ExecutionErrorCode`, or one of the broker's own. */
    code: z.string(),
    message: z.string(),
  }),
});
export type BrokerError = z.infer<typeof errorSchema>;

/** What each request is answered with when it could be done. */
export const answerSchemas = {
  health: z.strictObject({ version: z.int(), sandboxes: z.int(), engine: z.literal('up') }),
  session: z.strictObject({ session: z.string() }),
  open: z.strictObject({ location: locationSchema }),
  attach: z.union([
    z.strictObject({ location: locationSchema }),
    /** Its runner has ended without a word. */
    z.strictObject({ exit: z.strictObject({ outOfMemory: z.boolean(), description: z.string() }) }),
  ]),
  stop: z.strictObject({}),
  check: z.strictObject({}),
  measure: z.strictObject({ room: hostRoomSchema.optional() }),
  sweep: leftoversSchema,
  usage: z.strictObject({ cores: z.number(), memoryBytes: z.number() }),
  leave: z.strictObject({}),
  join: z.strictObject({}),
} satisfies Record<BrokerRequestName | 'join', z.ZodType>;
export type AnsweredName = keyof typeof answerSchemas;
export type BrokerAnswer<N extends AnsweredName> = z.infer<(typeof answerSchemas)[N]>;

/** The answer to a request of this name, or why there is none. */
export function answerSchema<N extends AnsweredName>(name: N): z.ZodType<BrokerAnswer<N> | BrokerError> {
  return z.union([errorSchema, answerSchemas[name]]);
}

/** What a session's broker says. */
export const sessionNewsSchema = z.discriminatedUnion('news', [
  /** When it has changed, at most once a second; unchanged every ten, so that a client knows that it is there. */
  z.strictObject({
    news: z.literal('state'),
    pool: z.strictObject({ ready: z.int(), starting: z.int(), inUse: z.int() }).optional(),
    room: hostRoomSchema.optional(),
  }),
  /** Which of these belong to a job that has not ended? Answered with `inUse` and the same number. */
  z.strictObject({ news: z.literal('ask'), number: z.int(), containerIds: z.array(z.string()) }),
  /** So many sandboxes that belonged to no job were removed. */
  z.strictObject({ news: z.literal('swept'), count: z.int() }),
]);
export type SessionNews = z.infer<typeof sessionNewsSchema>;

/** What a session's client says. */
export const sessionReplySchema = z.strictObject({
  reply: z.literal('inUse'),
  number: z.int(),
  containerIds: z.array(z.string()),
});
export type SessionReply = z.infer<typeof sessionReplySchema>;
