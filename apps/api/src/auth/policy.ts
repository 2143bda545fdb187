import type { CalendarVisibility, LocalExecutionAccess, ShareLevel, UserRole } from '@cronium/contracts';

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
  | 'dashboard.read'
  | 'calendar.read'
  | 'calendar.create'
  | 'calendar.update'
  | 'server.read'
  | 'server.create'
  | 'server.update'
  | 'server.check'
  | 'user.manage'
  | 'settings.manage'
  | 'metrics.read'
  | 'monitoring.read'
  | 'alert.read'
  | 'alert.change'
  | 'alert.manage'
  | 'account.read'
  | 'account.update';

const everyone: readonly UserRole[] = ['ADMIN', 'USER', 'VIEWER'];
const workers: readonly UserRole[] = ['ADMIN', 'USER'];
const administrators: readonly UserRole[] = ['ADMIN'];

const rolesWith: Record<Permission, readonly UserRole[]> = {
  'event.read': everyone,
  'event.create': workers,
  'event.update': workers,
  'event.delete': workers,
  'event.run': workers,
  'execution.read': everyone,
  'execution.cancel': workers,
  'dashboard.read': everyone,
  'calendar.read': everyone,
  'calendar.create': workers,
  'calendar.update': workers,
  'server.read': everyone,
  'server.create': workers,
  'server.update': workers,
  'server.check': workers,
  'user.manage': administrators,
  'settings.manage': administrators,
  'metrics.read': administrators,
  'monitoring.read': administrators,
  'alert.read': everyone,
  'alert.change': workers,
  'alert.manage': administrators,
  'account.read': everyone,
  'account.update': everyone,
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

/** A server as far as access to it is concerned. */
export interface ServerAccess {
  readonly isSystemManaged: boolean;
  /** Null for a system-managed server. */
  readonly ownerId: string | null;
  /** What is shared with the user in question; null when nothing is. */
  readonly share: ShareLevel | null;
}

type Person = Pick<Caller, 'id' | 'role'>;

/** Whose list has a server: the owner's, those of users it is shared with, and Local Execution as the setting says. */
export function isListedFor(person: Person, server: ServerAccess, access: LocalExecutionAccess): boolean {
  if (server.isSystemManaged) {
    return access === 'all_users' || (access === 'admin_only' && person.role === 'ADMIN');
  }
  return server.ownerId === person.id || server.share !== null;
}

/** Whose events may run on a server: of those whose list has it, all but viewers'. */
export function mayUseServer(person: Person, server: ServerAccess, access: LocalExecutionAccess): boolean {
  return person.role !== 'VIEWER' && isListedFor(person, server, access);
}

/** Who may know of a server: whoever's list has it, and administrators. */
export function maySeeServer(person: Person, server: ServerAccess, access: LocalExecutionAccess): boolean {
  return person.role === 'ADMIN' || isListedFor(person, server, access);
}

/** Who may see how a server is reached, change and share it. A viewer manages nothing, whatever is shared. */
export function mayManageServer(person: Person, server: ServerAccess): boolean {
  if (person.role === 'ADMIN') return true;
  if (person.role === 'VIEWER' || server.isSystemManaged) return false;
  return server.ownerId === person.id || server.share === 'manage';
}

/** A calendar as far as access to it is concerned. */
export interface CalendarAccess {
  readonly ownerId: string;
  readonly visibility: CalendarVisibility;
}

/** Who may know of a calendar, and use it in events. */
export function maySeeCalendar(person: Person, { ownerId, visibility }: CalendarAccess): boolean {
  return person.role === 'ADMIN' || visibility === 'everyone' || ownerId === person.id;
}

/** Who may change a calendar: what is for everyone decides about everyone's events, and so is administrators' alone. */
export function mayManageCalendar(person: Person, { ownerId, visibility }: CalendarAccess): boolean {
  if (person.role === 'ADMIN') return true;
  return person.role === 'USER' && visibility === 'private' && ownerId === person.id;
}

/** Who may make a calendar one for everyone. */
export function maySetVisibility(person: Person): boolean {
  return person.role === 'ADMIN';
}
