import type { LocalExecutionAccess, ShareLevel, UserRole } from '@cronium/contracts';

import {
  mayAccessOwned,
  mayManageCalendar,
  mayManageServer,
  maySeeCalendar,
  maySeeServer,
  maySetVisibility,
  mayUseServer,
  ownerFilter,
  type Permission,
  roleMay,
} from './policy';

const admin = { id: 'a', name: 'Admin', role: 'ADMIN' } as const;
const owner = { id: 'o', name: 'Owner', role: 'USER' } as const;
const stranger = { id: 's', name: 'Stranger', role: 'USER' } as const;

describe('policy of what is owned', () => {
  it('lets owners and administrators at it, and nobody else', () => {
    const thing = { ownerId: 'o' };
    expect([admin, owner, stranger].map((caller) => mayAccessOwned(caller, thing))).toEqual([
      true,
      true,
      false,
    ]);
    expect([admin, owner].map(ownerFilter)).toEqual([undefined, 'o']);
  });
});

describe('policy of roles', () => {
  it.each<[Permission, UserRole[]]>([
    ['event.run', ['ADMIN', 'USER']],
    ['event.read', ['ADMIN', 'USER', 'VIEWER']],
    ['server.create', ['ADMIN', 'USER']],
    ['server.update', ['ADMIN', 'USER']],
    ['user.manage', ['ADMIN']],
    ['settings.manage', ['ADMIN']],
    ['account.update', ['ADMIN', 'USER', 'VIEWER']],
  ])('gives %s to %j', (permission, roles) => {
    expect((['ADMIN', 'USER', 'VIEWER'] as const).filter((role) => roleMay(role, permission))).toEqual(roles);
  });
});

type Kind = 'local' | 'own' | 'foreign';
const serverOf = (kind: Kind, share: ShareLevel | null) => ({
  isSystemManaged: kind === 'local',
  ownerId: kind === 'local' ? null : kind === 'own' ? 'me' : 'other',
  share,
});

/** role, server, share, setting → use, see, manage */
const table: [UserRole, Kind, ShareLevel | null, LocalExecutionAccess, boolean, boolean, boolean][] = [
  ['ADMIN', 'local', null, 'all_users', true, true, true],
  ['ADMIN', 'local', null, 'admin_only', true, true, true],
  ['ADMIN', 'local', null, 'disabled', false, true, true],
  ['USER', 'local', null, 'all_users', true, true, false],
  ['USER', 'local', null, 'admin_only', false, false, false],
  ['USER', 'local', null, 'disabled', false, false, false],
  ['VIEWER', 'local', null, 'all_users', false, true, false],
  ['VIEWER', 'local', null, 'admin_only', false, false, false],
  ['ADMIN', 'own', null, 'disabled', true, true, true],
  ['ADMIN', 'foreign', null, 'all_users', false, true, true],
  ['ADMIN', 'foreign', 'use', 'all_users', true, true, true],
  ['USER', 'own', null, 'disabled', true, true, true],
  ['USER', 'foreign', null, 'all_users', false, false, false],
  ['USER', 'foreign', 'use', 'disabled', true, true, false],
  ['USER', 'foreign', 'manage', 'disabled', true, true, true],
  ['VIEWER', 'own', null, 'all_users', false, true, false],
  ['VIEWER', 'foreign', 'use', 'all_users', false, true, false],
  ['VIEWER', 'foreign', 'manage', 'all_users', false, true, false],
];

describe('policy of servers', () => {
  it.each(table)(
    '%s, %s server, share %s, setting %s: use %s, see %s, manage %s',
    (role, kind, share, access, use, see, manage) => {
      const person = { id: 'me', role };
      const server = serverOf(kind, share);
      expect([
        mayUseServer(person, server, access),
        maySeeServer(person, server, access),
        mayManageServer(person, server),
      ]).toEqual([use, see, manage]);
    },
  );
});

describe('policy of calendars', () => {
  const viewer = { id: 'o', name: 'Owner, now a viewer', role: 'VIEWER' } as const;
  const people = [admin, owner, stranger, viewer];

  it.each([
    ['private', [true, true, false, true], [true, true, false, false]],
    ['everyone', [true, true, true, true], [true, false, false, false]],
  ] as const)('of a %s one: who sees it, who manages it', (visibility, sees, manages) => {
    const calendar = { ownerId: 'o', visibility };
    expect(people.map((person) => maySeeCalendar(person, calendar))).toEqual(sees);
    expect(people.map((person) => mayManageCalendar(person, calendar))).toEqual(manages);
  });

  it('leaves it to administrators to make one for everyone', () => {
    expect(people.map(maySetVisibility)).toEqual([true, false, false, false]);
  });
});
