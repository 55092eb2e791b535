import { type Command, Option } from 'commander';
import { wholeNumber } from '../terminal/number-flags';

/** What every command that trains takes. */
export interface TrainingOptions {
  out?: string;
  resume?: boolean;
  dryRun?: boolean;
  set?: string[];
  threads?: number;
  json?: boolean;
}

export const jsonOption = () => new Option('--json', 'print one JSON object a line, and nothing else');

export function addTrainingOptions(command: Command): Command {
  return command
    .option('-o, --out <folder>', 'folder of the run (default: runs/<name>)')
    .option('--resume', 'resume from the last checkpoint of the run in that folder')
    .option('--dry-run', 'check configuration and data, print the plan, train nothing')
    .option(
      '--set <field=value>',
      'override a field, such as sft.learningRate=1e-4; may be repeated',
      (text: string, before: string[] = []) => [...before, text],
    )
    .option('--threads <n>', 'threads of the engine (default: one a core)', wholeNumber(1))
    .addOption(jsonOption());
}
