import { Command } from 'commander';
import { exitCodes } from '../exit-codes';
import { printDryRun } from '../training/dry-run';
import { execute } from '../training/execute';
import { finish } from '../training/finish';
import { loadPipeline, type PlannedRun } from '../training/load-pipeline';
import { addTrainingOptions, type TrainingOptions } from '../training/training-options';

const examples = `
Examples:
  $ openchat run examples/quickstart.yaml
  $ openchat run examples/smollm2.yaml --out runs/first --set sft.learningRate=1e-4
  $ openchat run examples/smollm2.yaml --dry-run
  $ openchat run examples/quickstart.yaml --set ppo=null     leaves a stage out
  $ openchat run runs/first --resume                         goes on with what is in a run folder

The run folder gets config.yaml, metrics.jsonl, samples.jsonl, checkpoints/, models/, report.json and report.html.
Ctrl-C finishes the step and saves a checkpoint; a second one stops at once.`;

export function runCommand(): Command {
  const command = new Command('run')
    .description('train what a pipeline file describes: SFT, reward model, PPO')
    .argument('<pipeline>', 'pipeline file (YAML), or the folder of a run')
    .addHelpText('after', examples);
  return addTrainingOptions(command).action(async (path: string, options: TrainingOptions) => {
    process.exitCode = await trainAndReport(loadPipeline(path, options), options);
  });
}

/** What `run`, `sft`, `reward` and `ppo` do once the configuration is known. @returns the exit code */
export async function trainAndReport(run: PlannedRun, options: TrainingOptions): Promise<number> {
  if (options.dryRun) {
    await printDryRun(run, options.json);
    return exitCodes.ok;
  }
  const outcome = await execute(run, options);
  if ('exitCode' in outcome) return outcome.exitCode;
  finish(outcome, options.json);
  return exitCodes.ok;
}
