import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import * as z from 'zod';

import { Setting } from './setting.entity';

/** Keys of system_settings, each with the shape of its value. */
const settingSchemas = {
  installation_id: z.uuid(),
  local_execution_access: z.enum(['disabled', 'admin_only', 'all_users']),
};
type SettingKey = keyof typeof settingSchemas;
type SettingValue<K extends SettingKey> = z.infer<(typeof settingSchemas)[K]>;

@Injectable()
export class SettingsService {
  constructor(@InjectRepository(Setting) private readonly settings: Repository<Setting>) {}

  /** @throws when the migration's row is gone or does not have its shape */
  async get<K extends SettingKey>(key: K): Promise<SettingValue<K>> {
    const row = await this.settings.findOneByOrFail({ key });
    return settingSchemas[key].parse(row.value) as SettingValue<K>;
  }
}
