import { BlockList, isIP } from 'node:net';

import * as z from 'zod';

/** Of this machine and its own networks: loopback, RFC 1918, RFC 4193 and link-local. A container sees its engine's machine as one of these. */
const privateBlocks = [
  '127.0.0.0/8',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '::1/128',
  'fc00::/7',
  'fe80::/10',
];

/** Addresses of proxies whose word on who comes is taken. */
export interface TrustedProxies {
  trusts(address: string): boolean;
}

/** `private`, addresses and blocks such as `10.1.0.0/16`, separated by commas. */
export const trustedProxies = z
  .string()
  .default('')
  .transform((list, context): TrustedProxies => {
    const blocks = list
      .split(',')
      .map((entry) => entry.trim())
      .filter(Boolean)
      .flatMap((entry) => (entry === 'private' ? privateBlocks : [entry]));
    const trusted = new BlockList();
    for (const block of blocks) {
      const [, network = '', prefix] = /^([^/]+)(?:\/(\d+))?$/.exec(block) ?? [];
      const family = isIP(network);
      const most = family === 6 ? 128 : 32;
      const bits = Number(prefix ?? most);
      if (family === 0 || bits > most) {
        const message = `"${block}" is neither private, nor an address, nor a block such as 10.1.0.0/16`;
        context.addIssue({ code: 'custom', message });
        return z.NEVER;
      }
      trusted.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4');
    }
    return {
      trusts: (address) => {
        const plain = plainAddress(address);
        const family = isIP(plain);
        return family !== 0 && trusted.check(plain, family === 6 ? 'ipv6' : 'ipv4');
      },
    };
  });

/** Node shows IPv4 on a socket of both families as `::ffff:192.0.2.1`. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');
