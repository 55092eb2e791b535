import { Command } from 'commander';
import { dataIngestCommand } from './ingest';
import { dataListCommand } from './list';
import { dataPreviewCommand } from './preview';
import { dataStatsCommand } from './stats';

export function dataCommand(): Command {
  return new Command('data')
    .description('look at datasets and make them ready')
    .addCommand(dataPreviewCommand())
    .addCommand(dataIngestCommand())
    .addCommand(dataStatsCommand())
    .addCommand(dataListCommand());
}
