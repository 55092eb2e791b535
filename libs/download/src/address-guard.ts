import { lookup as resolveName } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The address that a cloud gives to its own services, in a public range (Azure). */
const CLOUD_INTERNAL = new Set(['168.63.129.16']);

/** Whether an address is on the public internet: not this machine, its network, or its cloud's metadata service. */
export function isPublicAddress(address: string): boolean {
  // process() takes an IPv4 address out of its IPv6 form.
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return parsed.range() === 'unicast' && !CLOUD_INTERNAL.has(parsed.toString());
}

/** @throws Error when the host is written as an address that is not public: no name is looked up then */
export function checkHost(host: string): void {
  const address = host.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(address) && !isPublicAddress(address)) throw refused(host, address);
}

/**
 * Looks a name up for `net.connect`, which connects to what is returned here and to nothing else: a name that is answered differently
 * the next time gains nothing. Refuses a name with any address that is not public.
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
    `${host} is at ${address}, which is not on the public internet: addresses of this machine, its network and its cloud are not read. ` +
      'Set allowPrivate if you trust where the address comes from.',
  );
}
