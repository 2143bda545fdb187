import { type LocalExecutionAccess, mayAccessOwned, mayUseServer, ownerFilter, roleMay } from './policy';

const admin = { id: 'a', name: 'Admin', role: 'ADMIN' } as const;
const owner = { id: 'o', name: 'Owner', role: 'USER' } as const;
const stranger = { id: 's', name: 'Stranger', role: 'USER' } as const;

describe('policy', () => {
  it('lets owners and administrators at what is owned, and nobody else', () => {
    const thing = { ownerId: 'o' };
    expect([admin, owner, stranger].map((caller) => mayAccessOwned(caller, thing))).toEqual([
      true,
      true,
      false,
    ]);
    expect([admin, owner].map(ownerFilter)).toEqual([undefined, 'o']);
  });

  it.each<[LocalExecutionAccess, boolean, boolean]>([
    ['disabled', false, false],
    ['admin_only', true, false],
    ['all_users', true, true],
  ])('with local execution %s: administrator %s, user %s', (access, forAdmin, forUser) => {
    const local = { isSystemManaged: true, ownerId: null };
    expect(mayUseServer(admin, local, access)).toBe(forAdmin);
    expect(mayUseServer(owner, local, access)).toBe(forUser);
  });

  it('leaves the configuration of servers to administrators', () => {
    expect(roleMay('ADMIN', 'server.configure')).toBe(true);
    expect(roleMay('USER', 'server.configure')).toBe(false);
  });
});
