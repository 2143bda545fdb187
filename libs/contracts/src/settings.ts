import { resourceLimitsSchema } from '@cronium/server-types';
import * as z from 'zod';

import { jsonSchema } from './json';
import { idSchema, pageOf } from './page';
import { maxQueuedJobsSchema, queueBounds, whenQueueFullSchema, wholeNumber } from './queue';
import { waitMinutesSchema, whenUnhealthySchema } from './when-unhealthy';

/** Who may use Local Execution. `disabled`: nobody. */
export const localExecutionAccessSchema = z
  .enum(['disabled', 'admin_only', 'all_users'])
  .meta({ id: 'LocalExecutionAccess' });
export type LocalExecutionAccess = z.infer<typeof localExecutionAccessSchema>;

const hostFloor = z.int().min(0).max(1_000_000_000);
const days = z.int().min(1).max(36_500).nullable();

/** What an administrator sets for the whole installation. */
const settingFields = {
  local_execution_access: localExecutionAccessSchema,
  local_execution_limits: resourceLimitsSchema.describe(
    'Limits a job on Local Execution; hold for new sandboxes.',
  ),
  local_execution_max_concurrent_jobs: z.int().min(1).max(512).describe('Jobs at one time.'),
  local_execution_pool_size: z
    .int()
    .min(0)
    .max(64)
    .describe('Sandboxes kept ready; 0 starts each when it is needed.'),
  local_execution_when_unhealthy: whenUnhealthySchema,
  local_execution_wait_minutes: waitMinutesSchema,
  local_execution_max_queued_jobs: maxQueuedJobsSchema,
  local_execution_when_queue_full: whenQueueFullSchema,
  max_concurrent_jobs_per_user: z
    .int(wholeNumber(queueBounds.jobsOfUser))
    .min(queueBounds.jobsOfUser.min)
    .max(queueBounds.jobsOfUser.max)
    .nullable()
    .describe('Jobs of one owner at one time, on all servers together; null sets no maximum.'),
  host_min_free_memory_mb: hostFloor.describe(
    'Of machines with sandboxes: with less memory available, in MiB, no more jobs are admitted there; 0 sets no floor.',
  ),
  host_min_free_disk_mb: hostFloor.describe(
    'Of machines with sandboxes: with less room on the engine’s disk, in MiB, no more jobs are admitted there; 0 sets no floor.',
  ),
  alert_mail_group_seconds: z
    .int()
    .min(0)
    .max(600)
    .describe(
      'An e-mail of an alert waits so long for others, and all of them go to a recipient as one; 0 sends each at once.',
    ),
  retention_executions_days: days.describe(
    'Ended executions older than this are deleted with their logs; null keeps them.',
  ),
  retention_logs_days: days.describe(
    'Logs of executions that ended longer ago are deleted; null keeps them.',
  ),
  retention_logs_mb: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .nullable()
    .describe('All logs together, in MiB: the oldest are deleted beyond it; null sets no bound.'),
};

/** Answer of `GET /api/settings`; its ETag is the version in quotes. */
export const settingsSchema = z
  .strictObject({
    ...settingFields,
    version: z.int().min(1).describe('Rises with every change.'),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Settings' });
export type Settings = z.infer<typeof settingsSchema>;

/** Body of `PATCH /api/settings`: what is left out stays. With `If-Match` it is refused when somebody has changed them since. */
export const updateSettingsSchema = z
  .strictObject({ ...settingFields, local_execution_limits: resourceLimitsSchema.partial() })
  .partial()
  .meta({ id: 'UpdateSettings' });
export type UpdateSettings = z.infer<typeof updateSettingsSchema>;

/** An event that its owner may no longer run where it is meant to run. */
export const blockedEventSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    owner: z.strictObject({ id: idSchema, name: z.string() }),
  })
  .meta({ id: 'BlockedEvent' });
export type BlockedEvent = z.infer<typeof blockedEventSchema>;

/** Events that a change of access keeps from running: how many, and the first hundred of them. */
export const blockedEventsSchema = z
  .strictObject({ count: z.int().min(0), items: z.array(blockedEventSchema).max(100) })
  .meta({ id: 'BlockedEvents' });
export type BlockedEvents = z.infer<typeof blockedEventsSchema>;

/** Answer of `PATCH /api/settings`. */
export const changedSettingsSchema = settingsSchema
  .extend({ blockedEvents: blockedEventsSchema })
  .meta({ id: 'ChangedSettings' });
export type ChangedSettings = z.infer<typeof changedSettingsSchema>;

/** One change in `GET /api/settings/history`, newest first. */
export const settingChangeSchema = z
  .strictObject({
    id: idSchema,
    key: z.string(),
    before: jsonSchema,
    after: jsonSchema,
    at: z.iso.datetime(),
    by: z.strictObject({ id: idSchema, name: z.string() }).nullable(),
  })
  .meta({ id: 'SettingChange' });
export type SettingChange = z.infer<typeof settingChangeSchema>;

export const settingChangePageSchema = pageOf(settingChangeSchema, 'SettingChangePage');
