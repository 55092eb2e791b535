import { Option } from 'commander';

export interface FileOption {
  file: string;
}

/** The file that a gateway is started with. */
export const fileOption = () =>
  new Option('--file <file>', 'the token file of the gateway')
    .env('OPEN_CHATGPT_TOKENS')
    .default('tokens.json');
