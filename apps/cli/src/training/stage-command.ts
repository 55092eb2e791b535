import type { StageName } from '@open-chatgpt/pipeline';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { chatModelPath } from '../models/model-path';
import { decimal, wholeNumber } from '../terminal/number-flags';
import { planRun } from './load-pipeline';
import { flagOverride } from './overrides';
import { trainAndReport } from './train-and-report';
import { addTrainingOptions, type TrainingOptions } from './training-options';

interface StageOptions extends TrainingOptions {
  model: string;
  dataset: string;
  name: string;
  template?: string;
  maxSteps?: number;
  learningRate?: number;
  rewardModel?: string;
}

export interface StageCommand {
  stage: StageName;
  description: string;
  datasetHelp: string;
  /** The field of the stage that `--dataset` fills in. */
  datasetField: string;
  /** The field that `--max-steps` fills in. */
  stepsField: string;
  examples: string;
}

/** One stage alone: the flags become the same pipeline configuration that a file would hold. */
export function stageCommand(definition: StageCommand): Command {
  const { stage, description, datasetHelp, examples } = definition;
  const command = new Command(stage)
    .description(description)
    .requiredOption('-m, --model <path>', 'folder, .gguf file, run folder or builtin:smollm2-135m-instruct')
    .requiredOption('-d, --dataset <path>', datasetHelp)
    .option('--name <name>', 'name of the run', stage)
    .option('--template <name>', 'chat template: model, alpaca, vicuna, chatml or llama2')
    .option('--max-steps <n>', 'steps to train (PPO: iterations)', wholeNumber(1))
    .option('--learning-rate <number>', 'peak learning rate', decimal({ least: 0 }));
  if (stage === 'ppo') {
    command.requiredOption(
      '--reward-model <path>',
      'folder of a trained reward model, or a run folder with one',
    );
  }
  addTrainingOptions(command).addHelpText('after', examples);
  return command.action(async (options: StageOptions) => {
    process.exitCode = await trainAndReport(planStage(definition, options), options);
  });
}

function planStage({ stage, datasetField, stepsField }: StageCommand, options: StageOptions) {
  const { model, dataset, template, maxSteps, learningRate, rewardModel } = options;
  const startsFrom = stage === 'sft' ? 'policy' : 'sft';
  const given: [flag: string, field: string, value: unknown][] = [
    ['--model', 'model.path', chatModelPath(model, startsFrom)],
    ['--dataset', `${stage}.${datasetField}.path`, dataset],
    ['--template', 'template', template],
    ['--max-steps', `${stage}.${stepsField}`, maxSteps],
    ['--learning-rate', `${stage}.learningRate`, learningRate],
    ['--reward-model', 'ppo.rewardModel', rewardModel && chatModelPath(rewardModel, 'reward')],
  ];
  const flags = given
    .filter(([, , value]) => value !== undefined)
    .map(([flag, field, value]) => flagOverride(flag, field, value));
  return planRun(stringify({ name: options.name }), 'command line', options, flags);
}
