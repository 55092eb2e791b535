import { Command } from 'commander';
import { deviceInstallCommand } from './install';
import { deviceListCommand } from './list';

export function deviceCommand(): Command {
  return new Command('device')
    .description('list devices, and install what GPUs and XLA need')
    .addCommand(deviceListCommand())
    .addCommand(deviceInstallCommand());
}
