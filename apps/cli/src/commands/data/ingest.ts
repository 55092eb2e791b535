import { join, resolve } from 'node:path';
import { ADAPTERS } from '@open-chatgpt/datasets';
import { type IngestReport, ingest, type OpenedIngestion, openIngestRequest } from '@open-chatgpt/ingestion';
import { threadCount } from '@open-chatgpt/runtime';
import { CHAT_TEMPLATE_NAMES } from '@open-chatgpt/tokenizer';
import { Command, Option } from 'commander';
import { exitCodes, UsageError } from '../../exit-codes';
import { describePlan } from '../../ingestion/describe-plan';
import { describeReport } from '../../ingestion/describe-report';
import { createIngestDisplay } from '../../ingestion/ingest-progress';
import { type IngestFlags, requestFromFlags } from '../../ingestion/request-from-flags';
import { openers } from '../../ingestion/s3-opener';
import { openTokenizer } from '../../models/open-tokenizer';
import { columnsOption } from '../../terminal/columns-flag';
import { invocation, shownPath } from '../../terminal/invocation';
import { decimal, wholeNumber } from '../../terminal/number-flags';
import { print, printAside, printJson } from '../../terminal/print';
import { listenForInterrupt } from '../../training/interrupt';
import { jsonOption } from '../../training/training-options';

const examples = `
Examples:
  $ openchat data ingest my-instructions.jsonl --out data/mine
  $ openchat data ingest alpaca.json belle.jsonl.gz --weights 3,1 --eval-fraction 0.02 --out data/mixed
  $ openchat data ingest Anthropic/hh-rlhf --kind preference --limit 10000 --out data/hh
  $ openchat data ingest s3://bucket/folder https://example.org/rows.parquet --out data/far --dry-run
  $ openchat data ingest table.csv --columns prompt=question,output=answer --out data/table
  $ openchat data ingest rows.jsonl --model builtin:smollm2-135m-instruct --max-length 1024 --pack --out data/packed

A source is a file, a folder, an http(s) URL, s3://bucket/key (with the AWS_… variables) or owner/name on the Hugging Face hub.
JSON, JSON Lines, CSV, TSV (plain, .gz, .zst) and Parquet are read. A pipeline takes the folder as the path of a dataset.
${ADAPTERS.length} formats are known (--adapter): ${ADAPTERS.map(({ name }) => name).join(', ')}.`;

export function dataIngestCommand(): Command {
  return new Command('ingest')
    .description('make a clean dataset of files, URLs or hub datasets, and report the dropped rows')
    .argument('<sources...>', 'datasets to read and mix')
    .option('-o, --out <folder>', 'folder to write')
    .addOption(
      new Option('--kind <kind>', 'kind of dataset (default: the kind of the rows)').choices([
        'supervised',
        'preference',
        'unpaired',
        'prompts',
      ]),
    )
    .option('--adapter <names>', 'format of the rows, for all sources or one for each (default: detected)')
    .addOption(columnsOption())
    .option(
      '--weights <numbers>',
      'weight of each source in the mixture, such as 3,1 (default: equal weights)',
    )
    .addOption(
      new Option('--mix-end <when>', 'when the mixture ends (default: everySource)').choices([
        'everySource',
        'anySource',
      ]),
    )
    .option('--limit <n>', 'maximum number of rows of each source', wholeNumber(1))
    .option('-m, --model <path>', 'tokenize for this model: folder, .gguf, run or builtin:<name>')
    .option('--tokenizer <path>', 'tokenize with the tokenizer.json of this folder or file')
    .addOption(
      new Option('--template <name>', "chat template (default: the model's own)").choices(
        CHAT_TEMPLATE_NAMES,
      ),
    )
    .option('--max-length <n>', 'longest example in tokens (default: 1024)', wholeNumber(2))
    .option('--pack', 'put several examples into one row of tokens')
    .option('--eval-fraction <share>', 'share of the prompts held out', decimal({ least: 0, most: 0.9 }), 0)
    .option('--seed <n>', 'seed of the choice of held-out prompts', wholeNumber(0), 0)
    .option('--no-clean', 'do not clean rows; only unusable ones are dropped')
    .option('--drop-refusals', 'drop answers that refuse or call themselves an AI model')
    .addOption(
      new Option('--personal-data <what>', 'addresses, telephone and card numbers (default: keep)').choices([
        'keep',
        'mask',
        'drop',
      ]),
    )
    .option('--no-dedup', 'keep duplicates')
    .option('--no-near-dedup', 'keep near-duplicates; drop exact ones only')
    .option(
      '--dedup-memory <MiB>',
      'memory for the detection of duplicates (default: 512)',
      decimal({ above: 0 }),
    )
    .option('--no-language', 'do not tag records with their language')
    .option('--threads <n>', 'threads (default: one for each core)', wholeNumber(1))
    .option('--resume', 'resume an interrupted ingestion')
    .option('--dry-run', 'open the sources and print the plan, without writing')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(run);
}

async function run(sources: string[], flags: IngestFlags): Promise<void> {
  if (flags.out === undefined && !flags.dryRun)
    throw new UsageError('use --out, the folder to write, or --dry-run');
  const request = requestFromFlags(sources, flags);
  const opened = await openIngestRequest(request, { openTokenizer, openers, threads: threadsOf(flags) });
  if (flags.dryRun) {
    if (flags.json) printJson({ type: 'plan', request, sources: opened.sources.map(facts) });
    else print(describePlan(opened));
    return;
  }
  const out = resolve(flags.out as string);
  const report = await executeIngestion(opened, out, flags);
  if (report === null) return;
  if (flags.json) printJson({ type: 'report', folder: out, report });
  else print(`${describeReport(report)}\n\n${describeOutput(out, report)}`);
}

const threadsOf = ({ threads }: IngestFlags) => threads ?? threadCount();

const facts = ({ name, adapter, columns, weight = 1, files }: OpenedIngestion['sources'][number]) => ({
  name,
  adapter: adapter.name,
  columns,
  weight,
  files,
});

/** @returns the report; null when Ctrl-C stopped the ingestion */
async function executeIngestion(
  opened: OpenedIngestion,
  output: string,
  flags: IngestFlags,
): Promise<IngestReport | null> {
  const display = createIngestDisplay(flags.json ?? false);
  const { signal, release } = listenForInterrupt(
    () => true,
    () => {
      display.close();
      printAside('Stopping after saving the progress; press Ctrl-C again to stop immediately.');
    },
  );
  try {
    return await ingest({ ...opened, output, resume: flags.resume, signal, onProgress: display.show });
  } catch (error) {
    if (!signal.aborted) throw explained(error as Error, flags);
    printAside('Stopped. The same command with --resume continues.');
    process.exitCode = exitCodes.interrupted;
    return null;
  } finally {
    display.close();
    release();
  }
}

function explained(error: Error, { resume }: IngestFlags): Error {
  if (resume || !/ exists, a dataset made earlier/.test(error.message)) return error;
  return new UsageError(error.message, { cause: error });
}

function describeOutput(folder: string, { tokens }: IngestReport): string {
  return [
    `Dataset: ${shownPath(folder)}  (records${tokens ? ' and shards' : ''}; a pipeline takes it as dataset.path)`,
    `Report:   ${shownPath(join(folder, 'report.json'))}`,
    `Lengths and languages: ${invocation()} data stats ${shownPath(folder)}`,
  ].join('\n');
}
