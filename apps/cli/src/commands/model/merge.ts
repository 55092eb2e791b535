import {
  type AdapterFiles,
  checkAdapterBase,
  hashWeightFiles,
  type ModelFiles,
  mergedModel,
  openAdapter,
  openModel,
} from '@open-chatgpt/models';
import { Command } from 'commander';
import { addTargetOptions, type TargetOptions } from '../../models/model-options';
import { languageModelPath } from '../../models/model-path';
import { MODEL_NAMES, resolveModelSource } from '../../models/model-source';
import { reportWritten } from '../../models/report-written';
import { checkTarget, writeModel } from '../../models/write-model';
import { createSideProgress } from '../../progress';

interface MergeOptions extends TargetOptions {
  base: string;
  adapter: string;
}

const examples = `
Examples:
  $ openchat model merge --base builtin:smollm2-135m-instruct --adapter runs/smollm2/models/sft/adapter --to models/merged
  $ openchat model merge --base ./llama --adapter ./alpaca-lora --to models/alpaca --dtype fp16

The adapter is a LoRA adapter in PEFT's layout (adapter_config.json, adapter_model.safetensors).`;

export function modelMergeCommand(): Command {
  const command = new Command('merge')
    .description('merge a LoRA adapter into the weights of its base model')
    .requiredOption('--base <path>', `the model that the adapter was trained on: ${MODEL_NAMES}`)
    .requiredOption('--adapter <folder>', 'the adapter');
  addTargetOptions(command, 'fp32').addHelpText('after', examples);
  return command.action(async (options: MergeOptions) => {
    checkTarget(options.to);
    const progress = createSideProgress();
    const path = await resolveModelSource(languageModelPath(options.base), progress);
    progress.close();
    const adapter = await openAdapter(options.adapter);
    const files = await openModel(path).catch(async (error) => {
      await adapter.close();
      throw error;
    });
    try {
      await checkBase(files, path, adapter, options.adapter);
      const merged = mergedModel(files, adapter, options.adapter);
      await writeModel(merged, options);
      reportWritten(options.base, merged, options);
    } finally {
      await files.close();
      await adapter.close();
    }
  });
}

/** @throws ModelFileError when the adapter belongs on other weights; one of another program does not say */
async function checkBase(
  files: ModelFiles,
  path: string,
  { base }: AdapterFiles,
  folder: string,
): Promise<void> {
  if (!base) return;
  const progress = createSideProgress();
  try {
    const found = await hashWeightFiles(files.config, files.weights, (done, total) =>
      progress.loading('checking the base', done, total),
    );
    checkAdapterBase(folder, base, found, path);
  } finally {
    progress.close();
  }
}
