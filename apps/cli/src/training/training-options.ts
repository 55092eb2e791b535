import { type Command, InvalidArgumentError, Option } from 'commander';

/** What every command that trains takes. */
export interface TrainingOptions {
  out?: string;
  resume: boolean;
  dryRun: boolean;
  set: string[];
  threads?: number;
  json: boolean;
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number ≥ 1.');
  return value;
}

export const jsonOption = () =>
  new Option('--json', 'print one JSON object a line, and nothing else').default(false);

export function addTrainingOptions(command: Command): Command {
  return command
    .option('-o, --out <folder>', 'folder of the run (default: runs/<name>)')
    .option('--resume', 'go on from the last checkpoint of the run in that folder', false)
    .option('--dry-run', 'check configuration and data, print the plan, train nothing', false)
    .option(
      '--set <field=value>',
      'override a field, such as sft.learningRate=1e-4; may be repeated',
      (text: string, before: string[]) => [...before, text],
      [] as string[],
    )
    .option('--threads <n>', 'threads of the engine (default: one a core)', wholeNumber)
    .addOption(jsonOption());
}
