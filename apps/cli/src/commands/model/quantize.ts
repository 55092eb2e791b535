import { type GgufFormat, type ModelFiles, openModel } from '@open-chatgpt/models';
import { Command, Option } from 'commander';
import { UsageError } from '../../exit-codes';
import { ggufPath, writeGgufModel } from '../../models/export-gguf';
import { languageModelPath } from '../../models/model-path';
import { MODEL_NAMES, modelName, resolveModelSource } from '../../models/model-source';
import { createSideProgress } from '../../progress';
import { jsonOption } from '../../training/training-options';

interface QuantizeOptions {
  to: string;
  bits: keyof typeof formats;
  dryRun?: boolean;
  json?: boolean;
}

/** The formats whose blocks are those of weights that are rounded when they are loaded. */
const formats = { 8: 'Q8_0', 4: 'Q4_1' } as const satisfies Record<number, GgufFormat>;

const examples = `
Examples:
  $ openchat model quantize runs/smollm2 --to models --bits 8
  $ openchat serve --model models/smollm2-Q8_0.gguf --int8
  $ openchat model quantize ./llama --to models --bits 4 --dry-run

The file is GGUF, which llama.cpp and what is built on it load too. It has the numbers to which --int8 or --int4 of serve and
model perplexity round a model when they load it, so the answers are the same, and it loads sooner and from fewer bytes. With 4
bits, embeddings, values and the end of the MLP keep 8. Matrices whose rows are no multiple of 32 stay in fp16.`;

export function modelQuantizeCommand(): Command {
  return new Command('quantize')
    .description('write a model with 8- or 4-bit weights, which loads with --int8 or --int4')
    .argument('<model>', MODEL_NAMES)
    .requiredOption('--to <path>', 'GGUF file to write, or the folder of it')
    .addOption(
      new Option('--bits <bits>', 'bits of a weight').choices(Object.keys(formats)).makeOptionMandatory(),
    )
    .option('--dry-run', 'print what would be written, and write nothing')
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(quantize);
}

async function quantize(source: string, { to, bits, ...options }: QuantizeOptions): Promise<void> {
  const format = formats[bits];
  const target = ggufPath(modelName(source), format, to);
  const progress = createSideProgress();
  const path = await resolveModelSource(languageModelPath(source), progress).finally(() => progress.close());
  const files = await openModel(path);
  try {
    refuseBlocks(files, source);
    await writeGgufModel(files, path, modelName(source), target, { format, ...options });
  } finally {
    await files.close();
  }
}

/** Rounding blocks a second time costs accuracy, and the engine uses them as they are. */
function refuseBlocks({ weights }: ModelFiles, source: string): void {
  const type = weights.tensors().find(({ dtype }) => /^Q\d/.test(dtype))?.dtype;
  if (type === undefined) return;
  throw new UsageError(
    `${source} is quantized already (${type}): --int8 and --int4 of serve use its blocks as they are; quantize the original model`,
  );
}
