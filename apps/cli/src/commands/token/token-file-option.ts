import { Option } from 'commander';

export interface FileOption {
  file: string;
}

/** The file that a gateway is started with. */
export const fileOption = () =>
  new Option(
    '--file <file>',
    'the token file of the gateway (default: OPEN_CHATGPT_TOKENS, or tokens.json)',
  ).default(process.env['OPEN_CHATGPT_TOKENS'] || 'tokens.json', '');
