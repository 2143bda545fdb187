import { lookup as resolve, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Where clouds tell a machine its credentials, and what only the machine's own network segment reaches. */
const refused = new BlockList();
refused.addSubnet('169.254.0.0', 16, 'ipv4');
refused.addAddress('100.100.100.200', 'ipv4');
refused.addAddress('192.0.0.192', 'ipv4');
refused.addSubnet('fe80::', 10, 'ipv6');
refused.addAddress('fd00:ec2::254', 'ipv6');
refused.addAddress('fd20:ce::254', 'ipv6');
// 169.254.0.0/16 through NAT64.
refused.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');

export class RefusedAddressError extends Error {}

/** @throws RefusedAddressError for a link-local or metadata address; names pass, and are looked at when they are resolved */
export function refuseLinkLocal(host: string): void {
  const address = host.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family === 0 || !refused.check(address, family === 6 ? 'ipv6' : 'ipv4')) return;
  throw new RefusedAddressError(
    `${address} is a link-local or metadata address, to which webhooks do not go (CRONIUM_WEBHOOK_LINK_LOCAL=allow lets them).`,
  );
}

/** Resolves a name for a connection, and refuses the addresses above: at the connection itself, so that no second answer of a name server gets past it. */
export const lookupRefusingLinkLocal: LookupFunction = (host, options, callback) => {
  resolve(host, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const refusal = error ?? refusalOf(addresses);
    if (refusal) callback(refusal, []);
    else if (options.all === true) callback(null, addresses);
    else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
  });
};

function refusalOf(addresses: readonly LookupAddress[]): RefusedAddressError | null {
  try {
    addresses.forEach(({ address }) => refuseLinkLocal(address));
    return null;
  } catch (error) {
    if (error instanceof RefusedAddressError) return error;
    throw error;
  }
}
