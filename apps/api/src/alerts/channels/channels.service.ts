import type {
  AlertChannel,
  AlertChannelTest,
  CreateAlertChannel,
  Page,
  PageQuery,
  TestAlertChannel,
  UpdateAlertChannel,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { AuditService } from '../../audit/audit.service';
import type { Caller } from '../../auth/policy';
import { Config } from '../../config/config';
import { isUniqueViolation } from '../../error-code';
import { decodeCursor, toPage } from '../../http/cursor';
import { DomainError, notFound } from '../../http/domain-error';
import { UsersService } from '../../users/users.service';
import { testMessage } from './alert-message';
import { ChannelFactory } from './channel-factory';
import { channelColumns, type StoredChannel, toChannel } from './channel-rows';
import { RefusedAddressError, refuseLinkLocal } from './link-local';

const mostChannels = 50;

/** The channels, which administrators set up. */
@Injectable()
export class ChannelsService {
  constructor(
    private readonly database: DataSource,
    private readonly config: Config,
    private readonly factory: ChannelFactory,
    private readonly users: UsersService,
    private readonly audit: AuditService,
  ) {}

  /** The oldest first. */
  async list({ cursor, limit }: PageQuery): Promise<Page<AlertChannel>> {
    const after = decodeCursor(cursor);
    const rows = await this.database.query<StoredChannel[]>(
      `SELECT ${channelColumns} FROM alert_channels
        WHERE $1::timestamptz IS NULL OR (created_at, id) > ($1, $2::uuid) ORDER BY created_at, id LIMIT $3`,
      [after?.at, after?.id, limit + 1],
    );
    const page = toPage(rows, limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    return { ...page, items: page.items.map(toChannel) };
  }

  async get(id: string): Promise<AlertChannel> {
    return toChannel(await this.read(this.database.manager, id));
  }

  async create(caller: Caller, details: CreateAlertChannel): Promise<AlertChannel> {
    const id = uuid();
    const { config, secret } = settingsOf(details);
    if (details.kind === 'webhook') this.refuseAddress(details.webhook.url);
    return this.inTransaction(async (transaction) => {
      const [{ count } = { count: 0 }] = await transaction.query<{ count: number }[]>(
        'SELECT count(*)::integer AS count FROM alert_channels',
      );
      if (count >= mostChannels)
        throw new DomainError('conflict', 'too_many_channels', `There are ${mostChannels} channels already.`);
      await transaction.query(
        'INSERT INTO alert_channels (id, name, kind, enabled, config, sealed_secret) VALUES ($1, $2, $3, $4, $5, $6)',
        [id, details.name, details.kind, details.enabled, config, this.factory.seal(id, secret)],
      );
      await this.record(transaction, caller, 'alert_channel.created', { id, name: details.name });
      return toChannel(await this.read(transaction, id));
    });
  }

  async update(caller: Caller, id: string, change: UpdateAlertChannel): Promise<AlertChannel> {
    this.refuseAddress(change.webhook?.url);
    return this.inTransaction(async (transaction) => {
      const before = await this.read(transaction, id, 'FOR UPDATE');
      const { config, secret } = changedSettings(before, change);
      await transaction.query(
        `UPDATE alert_channels SET name = $2, enabled = $3, config = $4, sealed_secret = $5, updated_at = now() WHERE id = $1`,
        [
          ...[id, change.name ?? before.name, change.enabled ?? before.enabled, config],
          secret === undefined ? before.sealedSecret : this.factory.seal(id, secret),
        ],
      );
      const after = await this.read(transaction, id);
      await this.record(transaction, caller, 'alert_channel.changed', after, Object.keys(change));
      return toChannel(after);
    });
  }

  /** What waits to be delivered by it never will be. */
  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const channel = await this.read(transaction, id, 'FOR UPDATE');
      await transaction.query(
        `UPDATE alert_deliveries SET state = 'failed', next_attempt_at = NULL, ended_at = now(), error = 'The channel was deleted.'
          WHERE channel_id = $1 AND next_attempt_at IS NOT NULL`,
        [id],
      );
      await transaction.query(
        'UPDATE alert_rules SET channel_ids = array_remove(channel_ids, $1) WHERE $1 = ANY(channel_ids)',
        [id],
      );
      await transaction.query('DELETE FROM alert_channels WHERE id = $1', [id]);
      await this.record(transaction, caller, 'alert_channel.deleted', channel);
    });
  }

  /** Delivers a message now, once, also by one that is switched off. */
  async test(caller: Caller, id: string, { to }: TestAlertChannel): Promise<AlertChannelTest> {
    const stored = await this.read(this.database.manager, id);
    const recipient =
      stored.kind === 'email' ? (to ?? (await this.addressOf(caller))) : new URL(stored.config.url).host;
    const began = performance.now();
    const error = await this.factory
      .create(stored)
      .deliver(testMessage(uuid(), caller.name, new Date()), recipient)
      .then(
        () => null,
        (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
      );
    const tookMs = Math.round(performance.now() - began);
    return { delivered: error === null, recipient, error, tookMs };
  }

  private async addressOf(caller: Caller): Promise<string> {
    const user = await this.users.findActive(caller.id);
    return user?.email ?? '';
  }

  private async read(manager: EntityManager, id: string, lock = ''): Promise<StoredChannel> {
    const [row] = await manager.query<StoredChannel[]>(
      `SELECT ${channelColumns} FROM alert_channels WHERE id = $1 ${lock}`,
      [id],
    );
    if (!row) throw notFound('alert_channel', id);
    return row;
  }

  private refuseAddress(url: string | undefined): void {
    if (url === undefined || this.config.allowLinkLocalWebhooks) return;
    try {
      refuseLinkLocal(new URL(url).hostname);
    } catch (error) {
      if (!(error instanceof RefusedAddressError)) throw error;
      throw wrong('webhook.url', error.message);
    }
  }

  private async inTransaction<T>(act: (transaction: EntityManager) => Promise<T>): Promise<T> {
    try {
      return await this.database.transaction(act);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const message = 'There is a channel of this name already.';
      throw new DomainError('conflict', 'name_taken', message, [{ path: 'body.name', message }]);
    }
  }

  private record(
    transaction: EntityManager,
    caller: Caller,
    action: string,
    { id, name }: Pick<StoredChannel, 'id' | 'name'>,
    fields?: readonly string[],
  ): Promise<void> {
    return this.audit.record(transaction, caller, {
      action,
      target: { type: 'alert_channel', id, name },
      ...(fields ? { details: { fields } } : {}),
    });
  }
}

interface Settings {
  readonly config: StoredChannel['config'];
  /** Undefined when it stays as it is. */
  readonly secret: string | null | undefined;
}

function settingsOf(details: CreateAlertChannel): Settings & { readonly secret: string | null } {
  if (details.kind === 'email') {
    const { password, ...config } = details.email;
    return { config, secret: password };
  }
  const { secret, ...config } = details.webhook;
  return { config, secret };
}

function changedSettings(before: StoredChannel, { email, webhook }: UpdateAlertChannel): Settings {
  if (before.kind === 'email') {
    if (webhook) throw wrong('webhook', `“${before.name}” sends e-mail.`);
    const { password, ...config } = email ?? {};
    const after = { ...before.config, ...config };
    const isElsewhere = after.host !== before.config.host || after.port !== before.config.port;
    if (isElsewhere && before.sealedSecret !== null && password === undefined)
      throw wrong('email.password', 'Give the password again: it goes to another mail server.');
    return { config: after, secret: password };
  }
  if (email) throw wrong('email', `“${before.name}” is a webhook.`);
  const { secret, ...config } = webhook ?? {};
  return { config: { ...before.config, ...config }, secret };
}

function wrong(field: string, message: string): DomainError {
  return new DomainError('invalid', 'validation_failed', message, [{ path: `body.${field}`, message }]);
}
