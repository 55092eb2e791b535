import { type Command, Option } from 'commander';
import { MODEL_NAMES } from '../models/model-source';
import { decimal, wholeNumber } from '../terminal/number-flags';
import { jsonOption } from '../training/training-options';

/** Options of `generate` and `chat`. */
export interface AnsweringOptions {
  model: string;
  template?: string;
  system?: string;
  temperature?: number;
  topP?: number;
  topK?: number;
  minP?: number;
  repetitionPenalty?: number;
  maxNewTokens: number;
  stop: string[];
  seed: number;
  int8?: boolean;
  threads?: number;
  json?: boolean;
}

/** A setting of the answers: a flag, and a word of `/set` in a chat. */
export interface AnsweringSetting {
  /** Without the dashes. */
  flag: string;
  field: 'temperature' | 'topP' | 'topK' | 'minP' | 'repetitionPenalty' | 'maxNewTokens' | 'seed';
  value: string;
  description: string;
  /** @throws InvalidArgumentError */
  parse: (text: string) => number;
  fallback?: number;
}

export const answeringSettings: readonly AnsweringSetting[] = [
  {
    flag: 'temperature',
    field: 'temperature',
    value: '<number>',
    description:
      "randomness; 0 selects the most probable token (default: the model's generation_config.json, else 1)",
    parse: decimal({ least: 0 }),
  },
  {
    flag: 'top-p',
    field: 'topP',
    value: '<number>',
    description: 'only the most probable tokens of this total probability',
    parse: decimal({ above: 0, most: 1 }),
  },
  {
    flag: 'top-k',
    field: 'topK',
    value: '<n>',
    description: 'only the k most probable tokens; 0 for all',
    parse: wholeNumber(0),
  },
  {
    flag: 'min-p',
    field: 'minP',
    value: '<number>',
    description: 'only tokens with at least this probability relative to the most probable one',
    parse: decimal({ least: 0, most: 1 }),
  },
  {
    flag: 'repetition-penalty',
    field: 'repetitionPenalty',
    value: '<number>',
    description: 'above 1 discourages repetition',
    parse: decimal({ above: 0 }),
  },
  {
    flag: 'max-new-tokens',
    field: 'maxNewTokens',
    value: '<n>',
    description: 'longest answer in tokens',
    parse: wholeNumber(1),
    fallback: 256,
  },
  {
    flag: 'seed',
    field: 'seed',
    value: '<n>',
    description: 'seed of the sampling',
    parse: wholeNumber(0),
    fallback: 0,
  },
];

export function addAnsweringOptions(command: Command): Command {
  command.requiredOption('-m, --model <path>', MODEL_NAMES).option('--system <text>', 'system message');
  for (const { flag, value, description, parse, fallback } of answeringSettings)
    command.option(`--${flag} ${value}`, description, parse, fallback);
  return command
    .option('--stop <text>', 'end an answer at this text; may be repeated', collect, [])
    .option('--int8', 'quantize the weights to 8 bits: faster and less accurate')
    .option('--threads <n>', 'threads of the engine (default: one a core)', wholeNumber(1))
    .addOption(templateOption())
    .addOption(jsonOption());
}

export function templateOption(): Option {
  return new Option('--template <name>', "chat template (default: the run's or the model's own)").choices([
    'model',
    'alpaca',
    'vicuna',
    'chatml',
    'llama2',
  ]);
}

function collect(text: string, before: string[]): string[] {
  return [...before, text];
}
