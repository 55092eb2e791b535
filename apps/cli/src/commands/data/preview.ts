import { ADAPTERS, type ColumnMapping, type DatasetKind, isDropped } from '@open-chatgpt/datasets';
import { CHAT_TEMPLATE_NAMES } from '@open-chatgpt/tokenizer';
import { Command, Option } from 'commander';
import { describeFound, showExample } from '../../preview/describe';
import { previewTokenizer } from '../../preview/preview-tokenizer';
import { readExamples } from '../../preview/read-examples';
import { type Rendered, renderer } from '../../preview/render';
import { columnsOption } from '../../terminal/columns-flag';
import { wholeNumber } from '../../terminal/number-flags';
import { print, printJson, printParts } from '../../terminal/print';
import { jsonOption } from '../../training/training-options';

/** Examples that are tokenized to measure lengths. */
const MEASURED = 2000;

interface PreviewOptions {
  kind?: DatasetKind;
  adapter?: string;
  columns?: ColumnMapping;
  template?: string;
  model?: string;
  rows: number;
  maxLength: number;
  json?: boolean;
}

const examples = `
Examples:
  $ openchat data preview my-instructions.jsonl
  $ openchat data preview pairs.json --kind preference --model builtin:smollm2-135m-instruct --rows 5
  $ openchat data preview alpaca.json --template alpaca --max-length 256
  $ openchat data preview table.csv --columns prompt=question,output=answer
  $ openchat data preview builtin:tasks

⟦…⟧ marks the text that the model is trained on; it only reads the rest.`;

export function dataPreviewCommand(): Command {
  return new Command('preview')
    .description('show the examples of a dataset as a model sees them, and the dropped rows')
    .argument('<path>', 'dataset, or builtin:tasks')
    .addOption(
      new Option('--kind <kind>', 'kind of dataset (default: the kind of the rows)').choices([
        'supervised',
        'preference',
        'unpaired',
        'prompts',
      ]),
    )
    .addOption(
      new Option('--adapter <name>', 'format of the rows (default: detected)').choices(
        ADAPTERS.map(({ name }) => name),
      ),
    )
    .addOption(columnsOption())
    .addOption(
      new Option(
        '--template <name>',
        "chat template (default: the model's own, chatml without --model)",
      ).choices(CHAT_TEMPLATE_NAMES),
    )
    .option('-m, --model <path>', 'count tokens and render examples for this model')
    .option('--rows <n>', 'examples to show', wholeNumber(0), 3)
    .option('--max-length <n>', 'longest example in tokens', wholeNumber(2), 512)
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(preview);
}

async function preview(path: string, options: PreviewOptions): Promise<void> {
  const { rows, maxLength, json } = options;
  const found = await readExamples(path, options);
  const { tokenizer, template, unit } = await previewTokenizer(found, options);
  const render = renderer({
    tokenizer,
    template,
    maxLength: unit === 'characters' ? Number.MAX_SAFE_INTEGER : maxLength,
  });
  const dropped: Record<string, number> = {};
  const lostAnswers: Record<string, number> = {};
  const rendered: Rendered[] = [];
  let detail: string | undefined;
  for (let i = 0; i < Math.min(found.examples.length, MEASURED); i++) {
    const one = await render(found, i);
    if (isDropped(one)) {
      dropped[one.dropped] = (dropped[one.dropped] ?? 0) + 1;
      detail ??= one.detail;
      continue;
    }
    rendered.push(one);
    for (const reason of one.lostAnswers ?? []) lostAnswers[reason] = (lostAnswers[reason] ?? 0) + 1;
  }
  const lengths = rendered.map(({ tokens }) => tokens).sort((a, b) => a - b);
  if (json) {
    const { kind, adapter, columns, examples: all, dropped: left, firstDropped, repaired } = found;
    printJson({
      type: 'dataset',
      path,
      kind,
      adapter,
      columns,
      examples: all.length,
      dropped: left,
      firstDropped,
      repaired,
      tooLong: dropped,
      lostAnswers,
      unit,
      lengths: quantiles(lengths),
    });
    for (const one of rendered.slice(0, rows)) printJson({ type: 'example', ...one });
    return;
  }
  print(
    describeFound(path, found, {
      unit,
      template: template.name,
      maxLength,
      dropped,
      lostAnswers,
      detail,
      ...quantiles(lengths),
      measured: lengths.length,
    }),
  );
  rendered.slice(0, rows).forEach((one, i) => {
    printParts(showExample(i + 1, one, unit));
  });
}

function quantiles(sorted: readonly number[]) {
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { median: at(0.5), most: at(0.95), longest: sorted.at(-1) ?? 0 };
}
