import { Command } from 'commander';
import { services } from '../../lazy-imports';
import { type FileOption, fileOption } from './token-file-option';

export function tokenRevokeCommand(): Command {
  return new Command('revoke')
    .description('take a token out of the token file; gateways refuse it within a second')
    .argument('<id>', 'as token list shows it')
    .addOption(fileOption())
    .action((id: string, { file }: FileOption) => {
      const { name } = services().revokeToken(file, id);
      console.log(`Revoked ${id} (${name}).`);
    });
}
