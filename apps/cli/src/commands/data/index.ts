import { Command } from 'commander';
import { dataIngestCommand } from './ingest';
import { dataListCommand } from './list';
import { dataPreviewCommand } from './preview';
import { dataStatsCommand } from './stats';

export function dataCommand(): Command {
  return new Command('data')
    .description('preview, ingest and list datasets')
    .addCommand(dataPreviewCommand())
    .addCommand(dataIngestCommand())
    .addCommand(dataStatsCommand())
    .addCommand(dataListCommand());
}
