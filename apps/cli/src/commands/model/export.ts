import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '@open-chatgpt/models';
import { Command, Option } from 'commander';
import { UsageError } from '../../exit-codes';
import { addGatewayOptions, type GatewayOptions, openGateway } from '../../gateway/gateway-options';
import {
  type GgufTarget,
  ggufFormat,
  ggufPath,
  quantizations,
  writeGgufModel,
} from '../../models/export-gguf';
import { dtypeOption } from '../../models/model-options';
import { isRunFolder, languageModelPath, modelPath } from '../../models/model-path';
import { MODEL_NAMES, modelName, resolveModelSource } from '../../models/model-source';
import { pipelineModel } from '../../models/pipeline-models';
import { reportWritten } from '../../models/report-written';
import { checkTarget, writeModel } from '../../models/write-model';
import { createSideProgress } from '../../progress';
import { jsonOption } from '../../training/training-options';

interface ExportOptions extends GgufTarget, GatewayOptions {
  stage?: string;
  format?: 'hf' | 'gguf';
}

const NORMALIZATION = 'reward_normalization.json';

const examples = `
Examples:
  $ openchat model export runs/quickstart --to models/quickstart
  $ openchat model export runs/smollm2 --stage reward --to models/scorer --dtype fp32
  $ openchat model export runs/smollm2 --format gguf --quantize q8_0 --to models/smollm2.gguf
  $ openchat model export builtin:smollm2-135m-instruct --format gguf --quantize q4_k --to models
  $ openchat model export quickstart-1a2b3c4d --to models/quickstart       the result of a pipeline of a platform
  $ OPEN_CHATGPT_STORE=s3://bucket/open-chatgpt openchat model export store:quickstart-ppo --to models/quickstart

transformers, vLLM and other tools read the folder. llama.cpp, Ollama and LM Studio read a GGUF file, which has the tokenizer and
the chat template in it. --quantize q4_k writes llama.cpp's mixture Q4_K_M: most weights in 4 bits, some in 6, and 5 or 8 bits where
the rows of a matrix are no multiple of 256. What a GGUF file cannot carry is refused by name.`;

export function modelExportCommand(): Command {
  return addGatewayOptions(new Command('export'))
    .description('copy a model into a Hugging Face folder, or convert it to a GGUF file')
    .argument('<model>', `${MODEL_NAMES}; or the id of a pipeline of a platform`)
    .option(
      '--stage <name>',
      'stage of the model (default: the latest language model of the run or pipeline)',
    )
    .requiredOption('--to <path>', 'folder to write; for GGUF a file, or the folder of it')
    .addOption(
      new Option(
        '--format <format>',
        'layout: of Hugging Face, or GGUF (default: hf, unless --to ends in .gguf)',
      ).choices(['hf', 'gguf']),
    )
    .addOption(dtypeOption('number format of the weights (default: bf16; fp16 for GGUF)'))
    .addOption(
      new Option('--quantize <type>', 'quantize the weights of a GGUF file').choices(
        Object.keys(quantizations),
      ),
    )
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(exportModel);
}

async function exportModel(model: string, options: ExportOptions): Promise<void> {
  const format = options.format ?? (options.to.endsWith('.gguf') ? 'gguf' : 'hf');
  if (options.quantize !== undefined && format === 'hf')
    throw new UsageError('--quantize is for GGUF files: add --format gguf');
  const chosen = await choose(model, options);
  if (format === 'gguf') return exportAsGguf(model, chosen, options);
  const target = { ...options, dtype: options.dtype ?? 'bf16' };
  checkTarget(options.to);
  const path = await resolve(chosen);
  const files = await openModel(path);
  try {
    await writeModel(files, target);
    const normalization = join(path, NORMALIZATION);
    if (existsSync(normalization)) copyFileSync(normalization, join(options.to, NORMALIZATION));
    reportWritten(path, files, target);
  } finally {
    await files.close();
  }
}

/** The model of a run folder or of a pipeline; any other source is returned unchanged. */
async function choose(model: string, { stage, ...options }: ExportOptions): Promise<string> {
  if (isPipelineId(model)) return pipelineModel(openGateway(options), model, stage);
  if (stage === undefined) return languageModelPath(model);
  if (isRunFolder(model)) return modelPath(model, { stage });
  throw new UsageError(
    `${model} is neither a run folder (it has no config.yaml) nor a pipeline, so it has no stages; leave out --stage`,
  );
}

/** Whether a text can only be the id of a pipeline: nothing on this machine has this name, and no other source is named so. */
const isPipelineId = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text) && !/\.(gguf|safetensors)$/.test(text) && !existsSync(text);

async function exportAsGguf(model: string, chosen: string, options: ExportOptions): Promise<void> {
  const format = ggufFormat(options);
  const target = ggufPath(modelName(model), format, options.to);
  const path = await resolve(chosen);
  const files = await openModel(path);
  try {
    await writeGgufModel(files, path, modelName(model), target, { format, json: options.json });
  } finally {
    await files.close();
  }
}

async function resolve(source: string): Promise<string> {
  const progress = createSideProgress();
  return resolveModelSource(source, progress).finally(() => progress.close());
}
