import { openModel } from '@open-chatgpt/models';
import { Command } from 'commander';
import { addTargetOptions, type TargetOptions } from '../../models/model-options';
import { tellWritten } from '../../models/tell-written';
import { checkTarget, writeModel } from '../../models/write-model';
import { createSideProgress } from '../../progress';
import { resolveModelPath } from '../../training/resolve-builtin';

const examples = `
Examples:
  $ openchat model import model.Q4_K_M.gguf --to models/mine
  $ openchat model import builtin:smollm2-135m-instruct --to models/smollm2 --dtype bf16
  $ openchat model import ./a-hugging-face-folder --to models/half --dtype fp16

Quantized GGUF weights are turned into plain numbers. The model in the source is checked before anything is written.`;

export function modelImportCommand(): Command {
  const command = new Command('import')
    .description('turn a .gguf file, a .safetensors file or a folder into a Hugging Face folder')
    .argument('<source>', 'path, or builtin:<name>');
  addTargetOptions(command, 'fp32').addHelpText('after', examples);
  return command.action(async (source: string, options: TargetOptions) => {
    checkTarget(options.to);
    const progress = createSideProgress();
    const path = await resolveModelPath(source, progress);
    progress.close();
    const files = await openModel(path);
    try {
      await writeModel(files, options);
      tellWritten(source, files, options);
    } finally {
      await files.close();
    }
  });
}
