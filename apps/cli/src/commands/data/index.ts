import { Command } from 'commander';
import { dataPreviewCommand } from './preview';

export function dataCommand(): Command {
  return new Command('data').description('look at data sets').addCommand(dataPreviewCommand());
}
