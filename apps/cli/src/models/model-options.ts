import { type Command, Option } from 'commander';
import { jsonOption } from '../training/training-options';
import { dtypes } from './write-model';

export interface TargetOptions {
  to: string;
  dtype: string;
  json?: boolean;
}

/** What the commands that write a model take. */
export function addTargetOptions(command: Command, dtype: string): Command {
  return command
    .requiredOption('--to <folder>', 'folder to write, in the Hugging Face layout')
    .addOption(
      new Option('--dtype <dtype>', 'number format of the weights')
        .choices(Object.keys(dtypes))
        .default(dtype),
    )
    .addOption(jsonOption());
}
