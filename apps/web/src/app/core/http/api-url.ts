import { apiPrefix } from '@cronium/contracts';

/** Same-origin address of an API path, its parts encoded: `apiUrl(routes.events, id, 'run')`. */
export function apiUrl(path: string, ...parts: string[]): string {
  return ['', apiPrefix, path, ...parts.map(encodeURIComponent)].join('/');
}
