import { openDataset } from '@open-chatgpt/datasets';
import { readReport } from '@open-chatgpt/ingestion';
import { Command } from 'commander';
import { describeReport } from '../../ingestion/describe-report';
import { describeStatistics } from '../../ingestion/describe-statistics';
import { print, printJson } from '../../terminal/print';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat data stats data/mine
  $ openchat data stats data/mine --dropped
  $ openchat data stats data/mine --json | jq .report.kept

The folder is a dataset of \`openchat data ingest\`. For other files, use \`openchat data preview\`.`;

export function dataStatsCommand(): Command {
  return new Command('stats')
    .description('show sources, languages and lengths of an ingested dataset')
    .argument('<folder>', 'ingested dataset')
    .option('--dropped', 'also show the dropped rows')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (folder: string, { dropped, json }: { dropped?: boolean; json?: boolean }) => {
      const dataset = await openDataset(folder);
      const report = await readReport(dataset);
      if (json) return printJson({ type: 'dataset', folder, manifest: dataset.manifest, report });
      print(`${folder}: ${dataset.manifest.kind}\n\n${describeStatistics(report)}`);
      if (dropped) print(`\n${describeReport(report)}`);
    });
}
