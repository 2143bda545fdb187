import { loadConfig } from '../config/config';
import { clientAddress } from './client-address';

describe('the address of who comes', () => {
  const behind = (list: string) => loadConfig({ CRONIUM_TRUSTED_PROXIES: list }).trustedProxies;

  it.each([
    ['', '10.0.0.1', '203.0.113.9', '10.0.0.1'],
    ['private', '::ffff:172.18.0.1', '203.0.113.9', '203.0.113.9'],
    ['private', '198.51.100.7', '203.0.113.9', '198.51.100.7'],
    ['private', '127.0.0.1', '6.6.6.6, 203.0.113.9, 10.0.0.7', '203.0.113.9'],
    ['private', 'fd00::1', undefined, 'fd00::1'],
    ['198.51.100.0/24, 2001:db8::1', '198.51.100.7', '10.0.0.1', '10.0.0.1'],
    ['198.51.100.0/24, 2001:db8::1', '2001:db8::1', ' 203.0.113.9', '203.0.113.9'],
  ])('with the proxies "%s", from %s for %s, is %s', (list, peer, header, address) => {
    expect(clientAddress(peer, header, behind(list))).toBe(address);
  });

  it.each(['moon', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8x', '::1/129'])(
    'cannot come from "%s"',
    (list) => {
      expect(() => behind(list)).toThrow(/CRONIUM_TRUSTED_PROXIES: ".*" is neither private/);
    },
  );
});
