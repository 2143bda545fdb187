import type { TrustedProxies } from '../config/trusted-proxies';

/**
 * Who comes: the last in the chain of X-Forwarded-For that no trusted proxy is. As Express tells it in `request.ip`, for what is no request.
 *
 * @param peer the other end of the connection
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | string[] | undefined,
  proxies: TrustedProxies,
): string {
  const chain = [forwardedFor ?? '']
    .flat()
    .join(',')
    .split(',')
    .map((address) => address.trim())
    .filter(Boolean);
  let address = peer;
  while (chain.length > 0 && proxies.trusts(address)) address = chain.pop() ?? address;
  return address;
}
