import type {
  ChangedSettings,
  Page,
  PageQuery,
  SettingChange,
  Settings,
  UpdateServer,
  UpdateSettings,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { AuditService } from '../audit/audit.service';
import type { Caller } from '../auth/policy';
import { Notifications } from '../database/notifications';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError } from '../http/domain-error';
import { localExecutionId } from '../servers/local-execution';
import { type QueuePolicy, ServersService } from '../servers/servers.service';
import { Setting } from './setting.entity';
import { SettingsChangesRepository } from './settings-changes.repository';
import { SettingsService } from './settings.service';

const storedKeys = [
  'local_execution_access',
  'retention_executions_days',
  'retention_logs_days',
  'retention_logs_mb',
  'host_min_free_memory_mb',
  'host_min_free_disk_mb',
  'max_concurrent_jobs_per_user',
  'alert_mail_group_seconds',
] as const;

/**
 * What administrators set. The limits of Local Execution are the configuration of that server and are stored there, once; here they are
 * read and written as settings.
 */
@Injectable()
export class SettingsAdministrationService {
  constructor(
    private readonly database: DataSource,
    private readonly settings: SettingsService,
    private readonly changes: SettingsChangesRepository,
    private readonly servers: ServersService,
    private readonly audit: AuditService,
    private readonly notifications: Notifications,
  ) {}

  read(): Promise<Settings> {
    return this.readWithin(this.database.manager);
  }

  /**
   * Changes what is named. The settings' version is locked first, so that of two administrators the second is told.
   * @param expectedVersion of `If-Match`; null overwrites whatever is there
   */
  async update(
    caller: Caller,
    change: UpdateSettings,
    expectedVersion: number | null,
  ): Promise<ChangedSettings> {
    return this.database.transaction(async (transaction) => {
      const version = await this.lockVersion(transaction);
      if (expectedVersion !== null && expectedVersion !== version)
        throw changedMeanwhile(expectedVersion, version);
      const before = await this.readWithin(transaction);
      for (const key of storedKeys) {
        const value = change[key];
        if (value !== undefined) await this.settings.set(transaction, key, value);
      }
      // More jobs may be allowed to start by now.
      if (change.max_concurrent_jobs_per_user !== undefined)
        await this.notifications.publish(transaction, { kind: 'job.queued' });
      const setup = localExecutionChange(change);
      if (setup) await this.servers.configure(transaction, localExecutionId, setup);
      await this.settings.set(transaction, 'settings_version', version + 1);
      const after = await this.readWithin(transaction);
      await this.recordDifferences(transaction, caller, before, after);
      const blockedEvents = await this.servers.blockedEvents(
        transaction,
        localExecutionId,
        after.local_execution_access,
      );
      return { ...after, blockedEvents };
    });
  }

  async history({ cursor, limit }: PageQuery): Promise<Page<SettingChange>> {
    const rows = await this.changes.page(limit, decodeCursor(cursor));
    return toPage(rows, limit, ({ at, id }) => ({ at: new Date(at), id }));
  }

  private async readWithin(manager: EntityManager): Promise<Settings> {
    const version = await manager.findOneByOrFail(Setting, { key: 'settings_version' });
    const config = await this.servers.setupOf(localExecutionId, manager);
    return {
      local_execution_access: await this.settings.get('local_execution_access', manager),
      local_execution_limits: config.resourceLimits,
      local_execution_max_concurrent_jobs: config.maxConcurrentJobs,
      local_execution_pool_size: config.pool.size,
      local_execution_when_unhealthy: config.whenUnhealthy,
      local_execution_wait_minutes: config.waitMinutes,
      local_execution_max_queued_jobs: config.maxQueuedJobs,
      local_execution_when_queue_full: config.whenQueueFull,
      max_concurrent_jobs_per_user: await this.settings.get('max_concurrent_jobs_per_user', manager),
      host_min_free_memory_mb: await this.settings.get('host_min_free_memory_mb', manager),
      host_min_free_disk_mb: await this.settings.get('host_min_free_disk_mb', manager),
      alert_mail_group_seconds: await this.settings.get('alert_mail_group_seconds', manager),
      retention_executions_days: await this.settings.get('retention_executions_days', manager),
      retention_logs_days: await this.settings.get('retention_logs_days', manager),
      retention_logs_mb: await this.settings.get('retention_logs_mb', manager),
      version: Number(version.value),
      updatedAt: version.updatedAt.toISOString(),
    };
  }

  private async lockVersion(transaction: EntityManager): Promise<number> {
    await transaction.query(`SELECT 1 FROM system_settings WHERE key = 'settings_version' FOR UPDATE`);
    return this.settings.get('settings_version', transaction);
  }

  private async recordDifferences(
    transaction: EntityManager,
    caller: Caller,
    before: Settings,
    after: Settings,
  ): Promise<void> {
    const keys = (Object.keys(after) as (keyof Settings)[])
      .filter((key) => key !== 'version' && key !== 'updatedAt')
      .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
    for (const key of keys) await this.changes.record(transaction, caller.id, key, before[key], after[key]);
    if (keys.length === 0) return;
    await this.audit.record(transaction, caller, {
      action: 'settings.changed',
      target: { type: 'settings', id: null, name: 'settings' },
      details: { keys },
    });
  }
}

function localExecutionChange(
  change: UpdateSettings,
): Pick<UpdateServer, 'containerConfig' | QueuePolicy> | null {
  const { local_execution_limits, local_execution_max_concurrent_jobs, local_execution_pool_size } = change;
  const { local_execution_when_unhealthy, local_execution_wait_minutes } = change;
  const config = {
    ...(local_execution_limits && { resourceLimits: local_execution_limits }),
    ...(local_execution_max_concurrent_jobs !== undefined && {
      maxConcurrentJobs: local_execution_max_concurrent_jobs,
    }),
    ...(local_execution_pool_size !== undefined && { pool: { size: local_execution_pool_size } }),
  };
  const setup = {
    ...(Object.keys(config).length > 0 && { containerConfig: config }),
    ...(local_execution_when_unhealthy && { whenUnhealthy: local_execution_when_unhealthy }),
    ...(local_execution_wait_minutes !== undefined && { waitMinutes: local_execution_wait_minutes }),
    ...(change.local_execution_max_queued_jobs !== undefined && {
      maxQueuedJobs: change.local_execution_max_queued_jobs,
    }),
    ...(change.local_execution_when_queue_full && { whenQueueFull: change.local_execution_when_queue_full }),
  };
  return Object.keys(setup).length > 0 ? setup : null;
}

function changedMeanwhile(expected: number, present: number): DomainError {
  return new DomainError(
    'changed',
    'settings_changed',
    `The settings are at version ${present} by now, your change was made from version ${expected}. Read them again, then repeat your change.`,
  );
}
