import {
  settingsSchema,
  type LocalExecutionAccess,
  type Settings,
  type UpdateSettings,
  type WhenQueueFull,
  type WhenUnhealthy,
} from '@cronium/contracts';
import type { ResourceLimits } from '@cronium/server-types';

import { checkedBy } from '../../shared/form/checked-by';

/** The settings as the page edits them; an empty field is null. */
export interface SettingsForm {
  local_execution_access: LocalExecutionAccess;
  local_execution_limits: Record<keyof ResourceLimits, number | null>;
  local_execution_max_concurrent_jobs: number | null;
  local_execution_pool_size: number | null;
  local_execution_when_unhealthy: WhenUnhealthy;
  local_execution_wait_minutes: number | null;
  local_execution_max_queued_jobs: number | null;
  local_execution_when_queue_full: WhenQueueFull;
  max_concurrent_jobs_per_user: number | null;
  host_min_free_memory_mb: number | null;
  host_min_free_disk_mb: number | null;
  alert_mail_group_seconds: number | null;
  retention_executions_days: number | null;
  retention_logs_days: number | null;
  retention_logs_mb: number | null;
}

/** What is checked is what the API checks. */
export const settingsFormSchema = checkedBy<SettingsForm>(
  settingsSchema.omit({ version: true, updatedAt: true }),
  (form) => form,
);

export function toSettingsForm({ version: _, updatedAt: __, ...settings }: Settings): SettingsForm {
  return { ...settings, local_execution_limits: { ...settings.local_execution_limits } };
}

/** Only what differs from what was loaded, so that a change says no more than it means. */
export function changesOf(form: SettingsForm, loaded: Settings): UpdateSettings {
  const before: SettingsForm = toSettingsForm(loaded);
  const changed = (Object.keys(before) as (keyof SettingsForm)[]).filter(
    (key) => JSON.stringify(form[key]) !== JSON.stringify(before[key]),
  );
  return Object.fromEntries(changed.map((key) => [key, form[key]]));
}
