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

The model in the source is checked before anything is written. A source that is no path is taken for a model of the
Hugging Face hub. Quantized GGUF weights are turned into plain numbers.

With --store the model goes to a platform: into its store (as its services name it; s3:// with the AWS_… variables), and
its gateway makes it known. Pipelines then start from it with  model: {path: "store:mine"},  inference serves it as
store:mine, and every model that is made of it has it at the root of its lineage.`;

export function modelImportCommand(): Command {
  const command = new Command('import')
    .description('bring a model: as a Hugging Face folder of this machine, or to a running platform')
    .argument(
      '<source>',
      'folder, .gguf or .safetensors file, builtin:<name>, or owner/name[@revision] of the hub',
    )
    .option('--to <folder>', 'folder to write, in the Hugging Face layout')
    .option('--store <url>', 'store of a platform: folder or s3://bucket/prefix')
    .option('--id <id>', 'what the platform calls it (default: the name of the source)');
  return addGatewayOptions(command)
    .addOption(
      dtypeOption('number format of the weights (default: fp32; to a store, a folder goes as it is)'),
    )
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(importModel);
}

async function importModel(source: string, options: ImportOptions): Promise<void> {
  const { to, store, dtype, json } = options;
  if ((to === undefined) === (store === undefined))
    throw new UsageError('give either --to, a folder to write, or --store, the store of a platform');
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
