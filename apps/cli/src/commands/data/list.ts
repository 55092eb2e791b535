import { openObjectStore, s3OptionsFromEnv } from '@open-chatgpt/storage';
import { Command } from 'commander';
import { type ListedDataset, listDatasets } from '../../ingestion/list-datasets';
import { formatNumber } from '../../terminal/format';
import { print, printJson } from '../../terminal/print';
import { formatTable } from '../../terminal/table';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat data list
  $ openchat data list /mnt/sets
  $ openchat data list s3://bucket/open-chatgpt --json

Reads s3:// with the AWS_… variables.`;

export function dataListCommand(): Command {
  return new Command('list')
    .description('list the ingested datasets in a folder or a store')
    .argument('[where]', 'folder or s3://bucket/prefix', 'data')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(async (where: string, { json }: { json?: boolean }) => {
      const found = await listDatasets(openObjectStore(where, s3OptionsFromEnv(process.env)));
      if (json) for (const one of found) printJson({ type: 'dataset', ...one });
      else print(found.length > 0 ? describe(found) : `No ingested dataset in ${where}.`);
    });
}

function describe(found: readonly ListedDataset[]): string {
  const number = (value: number | null) => (value === null ? '–' : formatNumber(value));
  return formatTable([
    ['dataset', 'kind', 'train', 'held out', 'tokens', 'made', 'problem'],
    ...found.map(({ name, kind, train, heldOut, tokens, date, problem }) => [
      name,
      kind ?? '–',
      number(train),
      number(heldOut),
      number(tokens),
      date.slice(0, 16).replace('T', ' '),
      problem ?? '',
    ]),
  ]);
}
