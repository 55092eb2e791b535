import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Azure gives its internal services this address, although it lies in a public range. */
const CLOUD_INTERNAL = new Set(['168.63.129.16']);

/**
 * The only block of IPv6 from which addresses of the internet are assigned (RFC 4291, IANA). Outside lie addresses that contain one
 * of IPv4, such as `::7f00:1` and `::ffff:7f00:1`, and those that gateways translate.
 */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is on the public internet: not this machine, its network, or its cloud's metadata service. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST)) return false;
  return parsed.range() === 'unicast' && !CLOUD_INTERNAL.has(parsed.toString());
}

/** @throws Error when the host is a literal address that is not public, which is never looked up */
export function checkHost(host: string): void {
  const address = host.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(address) && !isPublicAddress(address)) throw refused(host, address);
}

/**
 * Resolves a host name for `net.connect` and refuses a name with any address that is not public. The connection uses
 * exactly the addresses returned here, which rules out DNS rebinding.
 */
export const lookupPublic: LookupFunction = (host, options, callback) => {
  resolveName(host, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, [], 0);
    const wrong = addresses.find(({ address }) => !isPublicAddress(address));
    if (wrong) return callback(refused(host, wrong.address), [], 0);
    if (options.all) return callback(null, addresses);
    callback(null, addresses[0].address, addresses[0].family);
  });
};

function refused(host: string, address: string): Error {
  return new Error(
    `${host} is at ${address}, which is not on the public internet: addresses of this machine, its network and its cloud are refused. ` +
      'Set allowPrivate if you trust the source of this address.',
  );
}
