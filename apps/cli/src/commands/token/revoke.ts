import { Command } from 'commander';
import { services } from '../../lazy-imports';
import { print } from '../../terminal/print';
import { type FileOption, fileOption } from './token-file-option';

export function tokenRevokeCommand(): Command {
  return new Command('revoke')
    .description('revoke a token; services reject it within a second')
    .argument('<id>', 'as openchat token list shows it')
    .addOption(fileOption())
    .action((id: string, { file }: FileOption) => {
      const { name } = services().revokeToken(file, id);
      print(`Revoked ${id} (${name}).`);
    });
}
