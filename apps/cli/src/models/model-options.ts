import { type Command, Option } from 'commander';
import { jsonOption } from '../training/training-options';
import { dtypes } from './write-model';

export interface TargetOptions {
  to: string;
  dtype: string;
  json?: boolean;
}

/** Options of commands that write a model. */
export function addTargetOptions(command: Command, dtype: string): Command {
  return command
    .requiredOption('--to <folder>', 'folder to write, in the Hugging Face layout')
    .addOption(dtypeOption('number format of the weights').default(dtype))
    .addOption(jsonOption());
}

export const dtypeOption = (description: string) =>
  new Option('--dtype <dtype>', description).choices(Object.keys(dtypes));
