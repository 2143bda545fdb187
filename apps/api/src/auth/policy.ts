import type { UserRole } from '@cronium/contracts';

/** Who asks. */
export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly role: UserRole;
}

/** Acts that need a permission; routes name one of them. */
export type Permission =
  | 'event.read'
  | 'event.create'
  | 'event.update'
  | 'event.delete'
  | 'event.run'
  | 'execution.read'
  | 'execution.cancel'
  | 'server.read'
  | 'server.configure'
  | 'account.read';

const rolesWith: Record<Permission, readonly UserRole[]> = {
  'event.read': ['ADMIN', 'USER'],
  'event.create': ['ADMIN', 'USER'],
  'event.update': ['ADMIN', 'USER'],
  'event.delete': ['ADMIN', 'USER'],
  'event.run': ['ADMIN', 'USER'],
  'execution.read': ['ADMIN', 'USER'],
  'execution.cancel': ['ADMIN', 'USER'],
  'server.read': ['ADMIN', 'USER'],
  'server.configure': ['ADMIN'],
  'account.read': ['ADMIN', 'USER'],
};

/** Whether a role has a permission at all; on which things, the functions below say. */
export function roleMay(role: UserRole, permission: Permission): boolean {
  return rolesWith[permission].includes(role);
}

/** Events, and the executions of events, belong to a user: the owner and administrators see and control them. */
export function mayAccessOwned(caller: Caller, thing: { readonly ownerId: string }): boolean {
  return caller.role === 'ADMIN' || thing.ownerId === caller.id;
}

/** The owner that lists are limited to; undefined when the caller sees everyone's. */
export function ownerFilter(caller: Caller): string | undefined {
  return caller.role === 'ADMIN' ? undefined : caller.id;
}

export type LocalExecutionAccess = 'disabled' | 'admin_only' | 'all_users';

/** Own servers, and the system-managed one as far as the setting `local_execution_access` allows. */
export function mayUseServer(
  caller: Pick<Caller, 'id' | 'role'>,
  server: { readonly isSystemManaged: boolean; readonly ownerId: string | null },
  localExecutionAccess: LocalExecutionAccess,
): boolean {
  if (!server.isSystemManaged) return server.ownerId === caller.id || caller.role === 'ADMIN';
  if (localExecutionAccess === 'disabled') return false;
  return localExecutionAccess === 'all_users' || caller.role === 'ADMIN';
}
