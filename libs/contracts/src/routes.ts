/** Paths of the HTTP API, the same for the server, the web app and the tests. All lie below `/api`. */
export const apiPrefix = 'api';

export const routes = {
  auth: {
    login: 'auth/login',
    refresh: 'auth/refresh',
    logout: 'auth/logout',
    me: 'auth/me',
  },
  servers: 'servers',
  events: 'events',
  executions: 'executions',
  jobs: 'jobs',
  health: { live: 'health/live', ready: 'health/ready' },
  openapi: 'openapi.json',
  docs: 'docs',
} as const;

/** Socket.IO namespace of live states and logs. */
export const realtimeNamespace = '/realtime';
