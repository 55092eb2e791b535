import { BlockList, isIP } from 'node:net';
import type { ServiceConfig } from '../config/service-config';

/** `tokens`: each request needs a token. `loopback`: only programs on this machine. `anonymous`: every client. */
export type AccessMode = 'tokens' | 'loopback' | 'anonymous';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

/** Whether a host name or address, as in a URL or in the configuration, is a loopback address. */
export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  if (address === 'localhost') return true;
  const family = isIP(address);
  return family !== 0 && loopback.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/**
 * How requests are authorized. An API without tokens is limited to one process on one machine, unless it is configured otherwise.
 * @throws Error with the remedies, when the API would be open by mistake
 */
export function accessMode({ tokens, anonymous, bus, host }: ServiceConfig): AccessMode {
  if (tokens) return 'tokens';
  if (anonymous) return 'anonymous';
  if (bus === 'embedded' && isLoopback(host)) return 'loopback';
  const why = isLoopback(host)
    ? `it belongs to a platform on ${bus}`
    : `it listens on ${host}, which other machines can reach`;
  throw new Error(
    `the API needs tokens, because ${why}. Create one and set the path of its file:\n` +
      '  openchat token create --scopes admin --file tokens.json\n' +
      '  OPEN_CHATGPT_TOKENS=tokens.json\n' +
      'or set OPEN_CHATGPT_ANONYMOUS=true, if the network restricts access.',
  );
}
