import { Command } from 'commander';
import { tokenCreateCommand } from './create';
import { tokenListCommand } from './list';
import { tokenRevokeCommand } from './revoke';

export function tokenCommand(): Command {
  return new Command('token')
    .description('create, list and revoke tokens of services')
    .addCommand(tokenCreateCommand())
    .addCommand(tokenListCommand())
    .addCommand(tokenRevokeCommand());
}
