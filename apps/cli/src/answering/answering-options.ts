import { type Command, Option } from 'commander';
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

export function addAnsweringOptions(command: Command): Command {
  return command
    .requiredOption('-m, --model <path>', 'folder, .gguf file, run folder or builtin:smollm2-135m-instruct')
    .option('--system <text>', 'system message')
    .option(
      '--temperature <number>',
      "randomness; 0 selects the most probable token (default: the model's generation_config.json, else 1)",
      decimal({ least: 0 }),
    )
    .option(
      '--top-p <number>',
      'only the most probable tokens of this total probability',
      decimal({ above: 0, most: 1 }),
    )
    .option('--top-k <n>', 'only the k most probable tokens; 0 for all', wholeNumber(0))
    .option(
      '--min-p <number>',
      'only tokens with at least this probability relative to the most probable one',
      decimal({ least: 0, most: 1 }),
    )
    .option('--repetition-penalty <number>', 'above 1 discourages repetition', decimal({ above: 0 }))
    .option('--max-new-tokens <n>', 'longest answer in tokens', wholeNumber(1), 256)
    .option('--stop <text>', 'end an answer at this text; may be repeated', collect, [])
    .option('--seed <n>', 'seed of the sampling', wholeNumber(0), 0)
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
