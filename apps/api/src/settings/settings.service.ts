import { localExecutionAccessSchema, settingsSchema } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import * as z from 'zod';

import { Setting } from './setting.entity';

/** Keys of system_settings, each with the shape of its value. */
const settingSchemas = {
  installation_id: z.uuid(),
  settings_version: z.int(),
  local_execution_access: localExecutionAccessSchema,
  host_min_free_memory_mb: settingsSchema.shape.host_min_free_memory_mb,
  host_min_free_disk_mb: settingsSchema.shape.host_min_free_disk_mb,
  alert_mail_group_seconds: settingsSchema.shape.alert_mail_group_seconds,
  retention_executions_days: settingsSchema.shape.retention_executions_days,
  retention_logs_days: settingsSchema.shape.retention_logs_days,
  retention_logs_mb: settingsSchema.shape.retention_logs_mb,
  max_concurrent_jobs_per_user: settingsSchema.shape.max_concurrent_jobs_per_user,
};
export type SettingKey = keyof typeof settingSchemas;
export type SettingValue<K extends SettingKey> = z.infer<(typeof settingSchemas)[K]>;

/** The values of system_settings. */
@Injectable()
export class SettingsService {
  constructor(private readonly database: DataSource) {}

  /** @throws when the migration's row is gone or does not have its shape */
  async get<K extends SettingKey>(
    key: K,
    manager: EntityManager = this.database.manager,
  ): Promise<SettingValue<K>> {
    const row = await manager.findOneByOrFail(Setting, { key });
    return settingSchemas[key].parse(row.value) as SettingValue<K>;
  }

  /** Inside the transaction that records the change. */
  async set<K extends SettingKey>(transaction: EntityManager, key: K, value: SettingValue<K>): Promise<void> {
    await transaction.query('UPDATE system_settings SET value = $2, updated_at = now() WHERE key = $1', [
      key,
      JSON.stringify(value),
    ]);
  }
}
