import { Command } from 'commander';
import { platformCancelCommand, platformResumeCommand, platformWatchCommand } from './control';
import { platformDeleteCommand } from './delete';
import { platformGcCommand } from './gc';
import { platformGetCommand } from './get';

export function platformCommand(): Command {
  const command = new Command('platform').description('look at a running platform, and steer its pipelines');
  for (const child of [
    platformGetCommand(),
    platformWatchCommand(),
    platformCancelCommand(),
    platformResumeCommand(),
    platformDeleteCommand(),
    platformGcCommand(),
  ]) {
    command.addCommand(child);
  }
  return command;
}
