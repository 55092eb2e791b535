import { Command } from 'commander';
import { tokenCreateCommand } from './create';
import { tokenListCommand } from './list';
import { tokenRevokeCommand } from './revoke';

export function tokenCommand(): Command {
  return new Command('token')
    .description('make and revoke the tokens that a gateway takes')
    .addCommand(tokenCreateCommand())
    .addCommand(tokenListCommand())
    .addCommand(tokenRevokeCommand());
}
