import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { exitCodes } from '../exit-codes';
import { runThroughServices } from '../platform/run-through-services';
import { examplePath, shownPath } from '../terminal/invocation';
import { print } from '../terminal/print';
import { printDryRun } from '../training/dry-run';
import { finish, madeModel } from '../training/finish';
import { loadPipeline } from '../training/load-pipeline';
import { nextCommands } from '../training/next-commands';
import { showSamples } from '../training/summary';
import { addTrainingOptions, type TrainingOptions } from '../training/training-options';

const examples = `
Examples:
  $ openchat quickstart
  $ openchat quickstart --resume                      resumes the newest quickstart run
  $ openchat quickstart --set sft.maxSteps=500        any field of examples/quickstart.yaml

Each call starts a new run: runs/quickstart, then runs/quickstart-2 and so on; nothing is overwritten.`;

export function quickstartCommand(): Command {
  const command = new Command('quickstart')
    .description('train a small chat model from nothing in a few minutes: SFT, reward model, PPO')
    .addHelpText('after', examples);
  return addTrainingOptions(command).action(async (options: TrainingOptions) => {
    process.exitCode = await quickstart(options);
  });
}

async function quickstart(options: TrainingOptions): Promise<number> {
  const { json = false, resume = false } = options;
  const run = loadPipeline(examplePath('quickstart.yaml'), {
    ...options,
    out: options.out ?? chooseFolder(resume),
  });
  if (options.dryRun) {
    await printDryRun(run, json);
    return exitCodes.ok;
  }
  if (!json && !resume) {
    print(
      'Training a small chat model from nothing, on short tasks with checkable answers, in three stages:',
    );
    print(
      'SFT (imitate right answers), reward model (tell good answers from bad), PPO (prefer the good ones).',
    );
    print(`Run folder: ${shownPath(run.folder)}\n`);
  }
  const result = await runThroughServices(run, options);
  if ('exitCode' in result) return result.exitCode;
  finish(result, json);
  if (!json) {
    const samples = showSamples(result.report, 4);
    if (samples) print(`\nAnswers to prompts that no stage trained on:\n${samples}`);
    const model = madeModel(result);
    const more = [
      `generate --model ${model.source} --prompt "What is the opposite of big?"`,
      `run ${shownPath(examplePath('smollm2.yaml'))}      fine-tunes a real pre-trained model`,
    ];
    print(`\n${nextCommands(model, more)}`);
  }
  return exitCodes.ok;
}

/** A folder that no run has, or with `resume` the one of the newest quickstart run. */
function chooseFolder(resume: boolean): string {
  const runs = resolve('runs');
  const name = (number: number) => (number === 1 ? 'quickstart' : `quickstart-${number}`);
  const taken = (existsSync(runs) ? readdirSync(runs) : []).flatMap((entry) => {
    const match = /^quickstart(?:-(\d+))?$/.exec(entry);
    return match && existsSync(join(runs, entry, 'metrics.jsonl')) ? [Number(match[1] ?? 1)] : [];
  });
  const newest = Math.max(0, ...taken);
  return join(runs, name(resume ? Math.max(1, newest) : newest + 1));
}
