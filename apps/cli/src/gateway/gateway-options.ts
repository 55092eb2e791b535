import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { UsageError } from '../exit-codes';
import { GatewayClient } from './gateway-client';

export interface GatewayOptions {
  gateway?: string;
  tokenFile?: string;
}

const LOCAL = 'http://127.0.0.1:3000';

export const gatewayOption = (description: string) => new Option('--gateway <url>', description);

export const tokenFileOption = () =>
  new Option('--token-file <file>', 'file with the token for the gateway (default: OPEN_CHATGPT_TOKEN)');

/** Options of commands that need a gateway. */
export function addGatewayOptions(command: Command): Command {
  return command
    .addOption(gatewayOption(`gateway of the platform (default: OPEN_CHATGPT_GATEWAY, or ${LOCAL})`))
    .addOption(tokenFileOption());
}

/** @throws UsageError when the URL or the token file is invalid */
export function openGateway({ gateway, tokenFile }: GatewayOptions): GatewayClient {
  const url = gateway ?? (process.env['OPEN_CHATGPT_GATEWAY'] || LOCAL);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new UsageError(`the gateway "${url}" is not a URL; expected one such as ${LOCAL}`);
  return new GatewayClient(
    url,
    tokenFile ? readToken(tokenFile) : process.env['OPEN_CHATGPT_TOKEN'] || undefined,
  );
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`--token-file ${file}: ${(error as Error).message}`);
  }
  // A header takes no other characters. The check also finds a file of hashes, which is for the gateway.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError(`--token-file ${file}: expected one token, as openchat token create prints it`);
  return token;
}
