import { Command } from 'commander';
import { modelExportCommand } from './export';
import { modelImportCommand } from './import';
import { modelInfoCommand } from './info';
import { modelMergeCommand } from './merge';
import { modelPerplexityCommand } from './perplexity';
import { modelQuantizeCommand } from './quantize';

export function modelCommand(): Command {
  const command = new Command('model').description('describe, convert, import and export models');
  for (const child of [
    modelInfoCommand(),
    modelImportCommand(),
    modelExportCommand(),
    modelMergeCommand(),
    modelQuantizeCommand(),
    modelPerplexityCommand(),
  ]) {
    command.addCommand(child);
  }
  return command;
}
