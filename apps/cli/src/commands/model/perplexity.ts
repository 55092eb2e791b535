import { readFileSync } from 'node:fs';
import { openTextModel } from '@open-chatgpt/generation';
import { setThreads } from '@open-chatgpt/runtime';
import { Command } from 'commander';
import { UsageError } from '../../exit-codes';
import { languageModelPath } from '../../models/model-path';
import { MODEL_NAMES, resolveModelSource } from '../../models/model-source';
import { createSideProgress } from '../../progress';
import { formatNumber } from '../../terminal/format';
import { wholeNumber } from '../../terminal/number-flags';
import { print, printJson } from '../../terminal/print';
import { jsonOption } from '../../training/training-options';

interface PerplexityOptions {
  text: string;
  int8?: boolean;
  int4?: boolean;
  windows: number;
  length: number;
  batchSize: number;
  threads?: number;
  json?: boolean;
}

const examples = `
Examples:
  $ openchat model perplexity builtin:smollm2-135m-instruct --text held-out.txt
  $ openchat model perplexity builtin:smollm2-135m-instruct --text held-out.txt --int8
  $ openchat model perplexity smollm2-Q4_K_M.gguf --text held-out.jsonl --windows 64

The text is divided into windows of --length tokens, in their order. Each token but the first of its window is predicted from the
ones before it, by the weights and kernels that generate text. Perplexities compare only on the same text and windows.`;

export function modelPerplexityCommand(): Command {
  return new Command('perplexity')
    .description('measure how well a model predicts a text, also with 8- and 4-bit weights')
    .argument('<model>', MODEL_NAMES)
    .requiredOption('--text <file>', 'held-out text; of a .jsonl file the field "text" of each line')
    .option('--int8', 'quantize the weights to 8 bits')
    .option('--int4', 'quantize the weights to 4 bits')
    .option('--windows <n>', 'number of windows', wholeNumber(1), 32)
    .option('--length <n>', 'tokens of a window', wholeNumber(2), 256)
    .option('--batch-size <n>', 'windows that are computed together', wholeNumber(1), 32)
    .option('--threads <n>', 'threads of the engine (default: one a core)', wholeNumber(1))
    .addOption(jsonOption())
    .addHelpText('after', examples)
    .action(measure);
}

async function measure(source: string, options: PerplexityOptions): Promise<void> {
  if (options.int8 && options.int4) throw new UsageError('use either --int8 or --int4');
  if (options.threads) setThreads(options.threads);
  const text = readText(options.text);
  const weights = options.int8 ? 'int8' : options.int4 ? 'int4' : 'float32';
  const progress = createSideProgress();
  try {
    const path = await resolveModelSource(languageModelPath(source), progress);
    const { generator, tokenizer } = await openTextModel(path, {
      weights,
      template: () => null,
      onLoading: (done, total) => progress.loading('loading weights', done, total),
    });
    const ids = await tokenizer.encode(text);
    const windows = windowsOf(ids, options);
    let [sum, count] = [0, 0];
    for (let start = 0; start < windows.length; start += options.batchSize) {
      const part = await generator.logLikelihood(windows.slice(start, start + options.batchSize));
      sum += part.sum;
      count += part.count;
      progress.loading('predicting', Math.min(start + options.batchSize, windows.length), windows.length);
    }
    const perplexity = Math.exp(-sum / count);
    if (options.json)
      printJson({ type: 'perplexity', model: path, weights, perplexity, nll: -sum / count, tokens: count });
    else print(`perplexity ${perplexity.toFixed(4)} on ${formatNumber(count)} tokens, weights in ${weights}`);
  } finally {
    progress.close();
  }
}

function windowsOf(ids: readonly number[], { windows, length, text }: PerplexityOptions): number[][] {
  const whole = Math.min(windows, Math.floor(ids.length / length));
  if (whole === 0)
    throw new UsageError(
      `--text ${text}: ${ids.length} tokens are less than a window of ${length}; choose a smaller --length`,
    );
  return Array.from({ length: whole }, (_, i) => ids.slice(i * length, (i + 1) * length));
}

function readText(path: string): string {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`--text ${path}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  if (!path.endsWith('.jsonl')) return content;
  const texts = content.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      const { text } = JSON.parse(line) as { text?: unknown };
      if (typeof text === 'string') return [text];
    } catch {
      // Reported below.
    }
    throw new UsageError(`${path}:${i + 1}: expected {"text": "…"}`);
  });
  return texts.join('\n\n');
}
