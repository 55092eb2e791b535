import { Command } from 'commander';
import { dlqListCommand } from './list';
import { dlqDiscardCommand, dlqReplayCommand } from './settle';

export function dlqCommand(): Command {
  return new Command('dlq')
    .description('dead letters: messages that a service could not handle')
    .addCommand(dlqListCommand())
    .addCommand(dlqReplayCommand())
    .addCommand(dlqDiscardCommand());
}
