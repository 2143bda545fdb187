import type { Job, JobError } from '@cronium/contracts';

const headings: Partial<Record<string, string>> = {
  out_of_memory: 'Out of memory',
  process_limit: 'Too many processes',
  disk_full: 'The workspace is full',
  output_limit: 'Too much output',
  timeout: 'Out of time',
  engine_unavailable: 'The container engine does not answer',
  image_missing: 'The executor image is missing',
  runtime_missing: 'The container engine has no gVisor',
  limits_unenforced: 'The container engine cannot hold jobs to their limits',
  server_disk_full: 'The server’s disk is full',
  sandbox_failed: 'The sandbox could not be started',
  container_unavailable: 'The shared container is not available',
  broker_untrusted: 'The broker is not the one that was joined',
  interpreter_missing: 'The interpreter is missing',
  protocol_error: 'The runner gave an answer that was not understood',
  setup_timeout: 'It did not start in time',
  script_lost: 'The script was lost',
  internal_error: 'Cronium failed',
  host_unreachable: 'The host cannot be reached',
  host_key_changed: 'The host shows another key',
  host_key_unapproved: 'The host key is not approved yet',
  authentication_failed: 'The host refused the sign-in',
  runner_unavailable: 'The runner could not be started on the host',
  shell_unusable: 'The host’s login shell is not usable',
  overlap: 'Left out: another run was under way',
  queue_full: 'Left out: too much waits for the server',
  event_queue_full: 'Left out: too many runs of the event wait',
  replaced: 'A newer run took its place',
  missed: 'Missed: Cronium did not run, or the event was paused',
  calendar: 'Stopped by a calendar',
  owner_disabled: 'The event’s owner may not run it',
  access_lost: 'The event’s owner may not use the server',
  local_execution_denied: 'The event’s owner may not use Local Execution',
  server_not_found: 'The event’s server is not there, or not shared with its owner',
  no_server_with_tag: 'No server has the event’s tag',
};

/** What an error is called. */
export function errorHeading(error: JobError): string {
  return headings[error.code] ?? (error.platform ? 'The platform failed' : 'The script was ended');
}

/** How a script ended, in two words; null when it did not end by itself. */
export function endOf(job: Pick<Job, 'exitCode' | 'signal'>): string | null {
  if (job.signal !== undefined) return job.signal;
  return job.exitCode === undefined ? null : `exit ${job.exitCode}`;
}
