import type { Namespace, Socket } from 'socket.io';

import type { AccessTokenService, Authenticated } from './access-token.service';
import { type Permission, roleMay } from './policy';

/** Lets only those sockets in whose handshake has a valid token (`auth: { token }`) of a role with the permission. */
export function admitSockets(
  namespace: Namespace,
  tokens: AccessTokenService,
  permission: Permission,
  /** Called before the socket connects. */
  admit: (socket: Socket, authenticated: Authenticated) => void,
): void {
  const authorise = async (socket: Socket): Promise<void> => {
    const token: unknown = socket.handshake.auth['token'];
    const authenticated = typeof token === 'string' ? await tokens.authenticate(token) : null;
    if (!authenticated || !roleMay(authenticated.caller.role, permission)) throw new Error('unauthenticated');
    admit(socket, authenticated);
  };
  namespace.use((socket, next) => {
    authorise(socket).then(
      () => next(),
      (error: unknown) =>
        next(error instanceof Error ? error : new Error('The socket could not be authorised.')),
    );
  });
}
