import type { Server, User } from '@cronium/contracts';

/** Whoever manages an ssh host edits it; how jobs are kept apart on a container server is for administrators, as in the API. */
export function mayEditServer(
  server: Pick<Server, 'access' | 'type'> | undefined,
  user: Pick<User, 'role'> | null,
): boolean {
  return server?.access === 'manage' && (server.type !== 'container' || user?.role === 'ADMIN');
}
