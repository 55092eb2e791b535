import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { openModel } from '@open-chatgpt/models';
import { Command } from 'commander';
import { UsageError } from '../../exit-codes';
import { addTargetOptions, type TargetOptions } from '../../models/model-options';
import { isRunFolder, languageModelPath, modelPath } from '../../models/model-path';
import { reportWritten } from '../../models/report-written';
import { checkTarget, writeModel } from '../../models/write-model';

interface ExportOptions extends TargetOptions {
  stage?: string;
}

const NORMALIZATION = 'reward_normalization.json';

const examples = `
Examples:
  $ openchat model export runs/quickstart --to models/quickstart
  $ openchat model export runs/smollm2 --stage reward --to models/scorer --dtype fp32

transformers, vLLM and other tools read the folder.`;

export function modelExportCommand(): Command {
  const command = new Command('export')
    .description('copy a model that a run trained into a Hugging Face folder')
    .argument('<run>', 'run folder')
    .option('--stage <name>', 'stage of the model (default: the latest language model of the run)');
  addTargetOptions(command, 'bf16').addHelpText('after', examples);
  return command.action(async (run: string, options: ExportOptions) => {
    if (!isRunFolder(run)) throw new UsageError(`${run} is not a run folder: it has no config.yaml`);
    checkTarget(options.to);
    const path = options.stage ? modelPath(run, { stage: options.stage }) : languageModelPath(run);
    const files = await openModel(path);
    try {
      await writeModel(files, options);
      const normalization = join(path, NORMALIZATION);
      if (existsSync(normalization)) copyFileSync(normalization, join(options.to, NORMALIZATION));
      reportWritten(path, files, options);
    } finally {
      await files.close();
    }
  });
}
