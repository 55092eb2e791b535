import { BlockList, isIP } from 'node:net';
import type { ServiceConfig } from '../config/service-config';

/** `tokens`: each request carries one. `loopback`: programs of this machine only. `anonymous`: whoever can connect. */
export type AccessMode = 'tokens' | 'loopback' | 'anonymous';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether a host name or address, as it stands in a URL or in the configuration, is this machine's own. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (address === 'localhost') return true;
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * How callers are let in. An API without tokens is for one process on one machine; anything else must be asked for.
 * @throws Error with the remedies, when the service would let anybody in by mistake
 */
export function accessMode({ tokens, anonymous, bus, host }: ServiceConfig): AccessMode {
  if (tokens) return 'tokens';
  if (anonymous) return 'anonymous';
  if (bus === 'embedded' && isLoopback(host)) return 'loopback';
  const why = isLoopback(host)
    ? `it belongs to a platform on ${bus}`
    : `it listens on ${host}, where others reach it`;
  throw new Error(
    `the API needs tokens, because ${why}. Make one and name its file:\n` +
      '  openchat token create --scopes admin --file tokens.json\n' +
      '  OPEN_CHATGPT_TOKENS=tokens.json\n' +
      'or set OPEN_CHATGPT_ANONYMOUS=true, if the network itself keeps others out.',
  );
}
