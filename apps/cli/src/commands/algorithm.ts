import type { ColumnMapping } from '@open-chatgpt/datasets';
import { type AlgorithmName, type ModelRole, type StageDescriptor, settingsOf } from '@open-chatgpt/pipeline';
import { formatYaml } from '@open-chatgpt/untrusted';
import { Command } from 'commander';
import { modelPath } from '../models/model-path';
import { MODEL_NAMES } from '../models/model-source';
import { columnsOption } from '../terminal/columns-flag';
import { decimal, wholeNumber } from '../terminal/number-flags';
import { planRun } from '../training/load-pipeline';
import { flagOverride } from '../training/overrides';
import { trainAndReport } from '../training/train-and-report';
import { addTrainingOptions, type TrainingOptions } from '../training/training-options';

interface AlgorithmOptions extends TrainingOptions {
  model: string;
  dataset: string;
  columns?: ColumnMapping;
  name: string;
  template?: string;
  maxSteps?: number;
  learningRate?: number;
  rewardModel?: string;
  referenceModel?: string;
}

/** The flags of the models that an algorithm takes besides the base. */
const modelFlags: { role: ModelRole; flag: string; option: 'rewardModel' | 'referenceModel' }[] = [
  { role: 'rewardModel', flag: '--reward-model', option: 'rewardModel' },
  { role: 'reference', flag: '--reference-model', option: 'referenceModel' },
];

/** A command that trains one stage: its flags are converted to a pipeline configuration. */
export function algorithmCommand(descriptor: StageDescriptor<AlgorithmName>): Command {
  const { name, title, data, models, steps } = descriptor;
  const [{ role }] = Object.values(data);
  const command = new Command(name)
    .description(`train one stage: ${title}`)
    .requiredOption('-m, --model <path>', MODEL_NAMES)
    .requiredOption('-d, --dataset <path>', `file or folder of ${role}, or builtin:tasks`)
    .addOption(columnsOption())
    .option('--name <name>', 'name of the run', name)
    .option('--template <name>', 'chat template: model, alpaca, vicuna, chatml or llama2')
    .option('--max-steps <n>', `${steps.unit}s to train`, wholeNumber(1))
    .option('--learning-rate <number>', 'peak learning rate', decimal({ least: 0 }));
  for (const { role, flag } of modelFlags) {
    const need = models[role];
    if (!need) continue;
    const text = `${need.description}: ${MODEL_NAMES}`;
    if (need.optional) command.option(`${flag} <path>`, text);
    else command.requiredOption(`${flag} <path>`, text);
  }
  addTrainingOptions(command).addHelpText('after', helpOf(descriptor));
  return command.action(async (options: AlgorithmOptions) => {
    process.exitCode = await trainAndReport(planStage(descriptor, options), options);
  });
}

function helpOf(descriptor: StageDescriptor<AlgorithmName>): string {
  const { name, description, examples } = descriptor;
  const settings = settingsOf(descriptor).map(
    ({ field, fallback, description }) =>
      `  ${field}${fallback === undefined ? '' : ` (${JSON.stringify(fallback)})`}: ${description}`,
  );
  return `
${description} The model is written to <run>/models/${name}. For a run folder, --model is its latest language model.

Examples:
${examples.map((example) => `  $ ${example}`).join('\n')}

Settings and their defaults; change one with --set ${name}.<field>=<value>:
${settings.join('\n')}`;
}

function planStage({ name, data, models, steps }: StageDescriptor<AlgorithmName>, options: AlgorithmOptions) {
  const { model, dataset, columns, template, maxSteps, learningRate } = options;
  const [field] = Object.keys(data);
  const given: [flag: string, field: string, value: unknown][] = [
    ['--model', 'model.path', modelPath(model, { kind: 'language-model' })],
    ['--dataset', `${name}.${field}.path`, dataset],
    ['--columns', `${name}.${field}.columns`, columns],
    ['--template', 'template', template],
    ['--max-steps', `${name}.${steps.field}`, maxSteps],
    ['--learning-rate', `${name}.learningRate`, learningRate],
    ...modelFlags.map(({ role, flag, option }): (typeof given)[number] => {
      const path = options[option];
      return [flag, `${name}.models.${role}`, path && modelPath(path, { kind: models[role]!.kind })];
    }),
  ];
  const flags = given
    .filter(([, , value]) => value !== undefined)
    .map(([flag, field, value]) => flagOverride(flag, field, value));
  return planRun(
    formatYaml({ name: options.name, stages: [{ uses: name }] }),
    'command line',
    options,
    flags,
  );
}
