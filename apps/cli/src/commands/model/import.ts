import { openModel } from '@open-chatgpt/models';
import { Command } from 'commander';
import { UsageError } from '../../exit-codes';
import { addGatewayOptions, type GatewayOptions } from '../../gateway/gateway-options';
import { importToPlatform } from '../../models/import-to-platform';
import { dtypeOption } from '../../models/model-options';
import { resolveModelSource } from '../../models/model-source';
import { reportWritten } from '../../models/report-written';
import { checkTarget, writeModel } from '../../models/write-model';
import { createSideProgress } from '../../progress';
import { jsonOption } from '../../training/training-options';

interface ImportOptions extends GatewayOptions {
  to?: string;
  store?: string;
  id?: string;
  dtype?: string;
  json?: boolean;
}

const examples = `
Examples:
  $ openchat model import model.Q4_K_M.gguf --to models/mine
  $ openchat model import builtin:smollm2-135m-instruct --to models/smollm2 --dtype bf16
  $ openchat model import ./a-hugging-face-folder --to models/half --dtype fp16
  $ openchat model import ./a-hugging-face-folder --store store --id mine
  $ openchat model import owner/name --store s3://bucket/open-chatgpt --gateway https://platform.example

The source is checked before anything is written. A source that is not a path is a model of the Hugging Face hub. Quantized GGUF
weights are dequantized.

With --store the model is imported to a platform: it is written to the store of the platform (s3:// with the AWS_… variables) and
registered at its gateway. Pipelines start from it with  model: {path: "store:mine"},  and inference serves it as store:mine.`;

export function modelImportCommand(): Command {
  const command = new Command('import')
    .description('convert a model to a Hugging Face folder, or import it to a platform')
    .argument(
      '<source>',
      'folder, .gguf or .safetensors file, builtin:<name>, or owner/name[@revision] of the hub',
    )
    .option('--to <folder>', 'folder to write, in the Hugging Face layout')
    .option('--store <url>', 'store of a platform: folder or s3://bucket/prefix')
    .option('--id <id>', 'id in the platform (default: the name of the source)');
  return addGatewayOptions(command)
    .addOption(
      dtypeOption('number format of the weights (default: fp32; a folder is imported to a store unchanged)'),
    )
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(importModel);
}

async function importModel(source: string, options: ImportOptions): Promise<void> {
  const { to, store, dtype, json } = options;
  if ((to === undefined) === (store === undefined))
    throw new UsageError('use either --to, a folder to write, or --store, the store of a platform');
  if (to !== undefined) checkTarget(to);
  const progress = createSideProgress();
  const path = await resolveModelSource(source, progress);
  progress.close();
  const files = await openModel(path);
  try {
    if (store !== undefined) return await importToPlatform(source, path, files, { ...options, store });
    const target = { to: to as string, dtype: dtype ?? 'fp32', json };
    await writeModel(files, target);
    reportWritten(source, files, target);
  } finally {
    await files.close();
  }
}
