/** Paths of the HTTP API, the same for the server, the web app and the tests. All lie below `/api`. */
export const apiPrefix = 'api';

export const routes = {
  auth: {
    login: 'auth/login',
    refresh: 'auth/refresh',
    logout: 'auth/logout',
    me: 'auth/me',
    password: 'auth/password',
  },
  users: 'users',
  settings: 'settings',
  servers: 'servers',
  alerts: 'alerts',
  alertRules: 'alert-rules',
  alertSilences: 'alert-silences',
  alertChannels: 'alert-channels',
  alertDeliveries: 'alert-deliveries',
  events: 'events',
  schedules: 'schedules',
  calendars: 'calendars',
  executions: 'executions',
  jobs: 'jobs',
  logs: { search: 'logs/search' },
  queue: 'queue',
  monitoring: {
    execution: 'monitoring/execution',
    actions: 'monitoring/actions',
    success: 'monitoring/success',
  },
  dashboard: 'dashboard',
  /** Not below `/api`. */
  metrics: 'metrics',
  health: { live: 'health/live', ready: 'health/ready' },
  openapi: 'openapi.json',
  docs: 'docs',
} as const;

/** Socket.IO namespace of live states and logs. */
export const realtimeNamespace = '/realtime';

/** Socket.IO namespace of terminals on ssh servers. */
export const terminalNamespace = '/terminal';
