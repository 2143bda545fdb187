import { promisify } from 'node:util';

import { lookupRefusingLinkLocal, RefusedAddressError, refuseLinkLocal } from './link-local';

describe('link-local and metadata addresses', () => {
  it.each([
    ...['169.254.169.254', '169.254.0.1', '100.100.100.200', '192.0.0.192'],
    ...['[fe80::1]', 'fe80::1', 'febf::1', 'fd00:ec2::254', '::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'],
  ])('are refused: %s', (host) => {
    expect(() => refuseLinkLocal(host)).toThrow(RefusedAddressError);
  });

  it.each(['127.0.0.1', '10.0.0.1', '169.253.255.255', '::1', '[fd00::1]', 'example.com'])(
    'are no others: %s',
    (host) => {
      expect(() => refuseLinkLocal(host)).not.toThrow();
    },
  );

  it('are refused when a name has one, and a name that has none passes', async () => {
    const lookup = promisify(lookupRefusingLinkLocal) as (host: string, options: object) => Promise<unknown>;
    // The resolver takes a literal address as a name that has it.
    await expect(lookup('169.254.169.254', { all: true })).rejects.toThrow(RefusedAddressError);
    expect(await lookup('127.0.0.1', { all: true })).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await lookup('127.0.0.1', {})).toBe('127.0.0.1');
  });
});
