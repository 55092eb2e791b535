import { resolve } from 'node:path';
import { openModel } from '@open-chatgpt/models';
import { setThreads } from '@open-chatgpt/runtime';
import type { ChatTemplateName } from '@open-chatgpt/tokenizer';
import { Command } from 'commander';
import { templateOption } from '../answering/answering-options';
import { asUsage, UsageError } from '../exit-codes';
import { serving } from '../lazy-imports';
import { isRunFolder, languageModelPath, readPipeline } from '../models/model-path';
import { MODEL_NAMES, modelName, resolveModelSource } from '../models/model-source';
import type { ModelToServe } from '../platform/serve-models';
import { createSideProgress } from '../progress';
import { wholeNumber } from '../terminal/number-flags';
import { print } from '../terminal/print';
import { builtinName } from '../training/resolve-builtin';

interface ServeOptions {
  model: string[];
  adapter?: string[];
  adaptersFrom?: string[];
  port?: number;
  host?: string;
  int8?: boolean;
  int4?: boolean;
  template?: string;
  batchSize?: number;
  queueSize?: number;
  maxLength?: number;
  prefixCache?: number;
  speculativeTokens?: number;
  draftModel?: string;
  modelMemory?: number;
  idleSeconds?: number;
  tokens?: string;
  threads?: number;
}

const examples = `
Examples:
  $ openchat serve --model runs/quickstart
  $ openchat serve --model chat=./llama --model small=builtin:smollm2-135m-instruct --port 8000 --int8
  $ openchat serve --model base=builtin:smollm2-135m-instruct --adapter tuned=runs/smollm2/models/ppo/adapter
  $ openchat serve --model runs/quickstart --model reward=runs/quickstart/models/reward
  $ curl http://127.0.0.1:3000/v1/chat/completions -H 'content-type: application/json' \\
      -d '{"model": "quickstart", "messages": [{"role": "user", "content": "What is the opposite of big?"}]}'

Any client of OpenAI's API works: the base URL ends with /v1, and a model has the name of its folder unless --model gives one.
A reward model answers /v1/score. Requests run in one batch. Without --tokens the server accepts local requests only. --tokens is a file of
"openchat token create --scopes inference". Ctrl-C finishes active requests and stops.`;

const collect = (text: string, before: string[] = []): string[] => [...before, text];

export function serveCommand(): Command {
  return new Command('serve')
    .description("serve models through OpenAI's API, until Ctrl-C")
    .requiredOption('-m, --model <path>', `${MODEL_NAMES}; or <name>=<model>; may be repeated`, collect)
    .option(
      '--adapter <name=folder>',
      'a LoRA adapter and its name in requests; with several models <name>@<model>=<folder>; may be repeated',
      collect,
    )
    .option(
      '--adapters-from <folder>',
      'a folder whose adapters may be added while the server runs (/v1/load_lora_adapter); may be repeated',
      collect,
    )
    .option('--port <n>', 'port; 0 for any free port (default: 3000)', wholeNumber(0))
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--int8', 'quantize the weights to 8 bits: faster and less accurate')
    .option('--int4', 'quantize the weights to 4 bits: smaller and least accurate')
    .option('--batch-size <n>', 'completions that run at the same time (default: 16)', wholeNumber(1))
    .option('--queue-size <n>', 'completions that wait (default: 64)', wholeNumber(0))
    .option(
      '--max-length <n>',
      "longest prompt and completion together, in tokens (default: the model's)",
      wholeNumber(2),
    )
    .option(
      '--prefix-cache <MiB>',
      'memory for prompts that begin alike, per model; 0 shares none (default: 256)',
      wholeNumber(0),
    )
    .option(
      '--speculative-tokens <n>',
      'most tokens to guess and read with one step, while a model has one completion (default: 0)',
      wholeNumber(0),
    )
    .option(
      '--draft-model <path>',
      'a smaller model with the same tokenizer that guesses; else earlier text does',
    )
    .option(
      '--model-memory <MiB>',
      'memory for all models, which are loaded by their first request; the least recently used are unloaded',
      wholeNumber(1),
    )
    .option('--idle-seconds <n>', 'unload a model after so long without requests', wholeNumber(1))
    .option('--tokens <file>', 'require a token of this file')
    .option('--threads <n>', 'threads of the engine (default: one for each core)', wholeNumber(1))
    .addOption(templateOption())
    .addHelpText('after', examples)
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  if (options.int8 && options.int4) throw new UsageError('use either --int8 or --int4');
  if (options.threads) setThreads(options.threads);
  const { serveModels, servingConfig } = serving();
  const models = await locate(options);
  const config = asUsage(() => servingConfig(models, options.adapter ?? [], variablesOf(options)));
  const url = await serveModels(config);
  const [{ name }] = models;
  const served = [...models, ...config.inferenceAdapters].map((model) => model.name);
  print(`Serving ${served.join(', ')} at ${url}/v1. Try it:`);
  print(`  curl ${url}/v1/chat/completions -H 'content-type: application/json' \\`);
  print(`    -d '{"model": "${name}", "messages": [{"role": "user", "content": "Hello!"}]}'`);
}

/** The variables of the flags, which override the environment. */
function variablesOf(options: ServeOptions): Record<string, string | undefined> {
  const weights = options.int8 ? 'int8' : options.int4 ? 'int4' : undefined;
  const flags = {
    PORT: options.port,
    HOST: options.host,
    TOKENS: options.tokens,
    INFERENCE_ADAPTERS_FROM: options.adaptersFrom?.join(','),
    INFERENCE_WEIGHTS: weights,
    INFERENCE_BATCH_SIZE: options.batchSize,
    INFERENCE_QUEUE_SIZE: options.queueSize,
    INFERENCE_MAX_LENGTH: options.maxLength,
    INFERENCE_PREFIX_CACHE_MIB: options.prefixCache,
    INFERENCE_SPECULATIVE_TOKENS: options.speculativeTokens,
    INFERENCE_DRAFT_MODEL: options.draftModel,
    INFERENCE_MODEL_MEMORY_MIB: options.modelMemory,
    INFERENCE_IDLE_SECONDS: options.idleSeconds,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  return {
    OPEN_CHATGPT_LOG_LEVEL: 'warn',
    ...process.env,
    ...Object.fromEntries(given.map(([name, value]) => [`OPEN_CHATGPT_${name}`, String(value)])),
  };
}

/** Brings the models to this machine; of a run folder its latest language model, with the chat template of the run. */
async function locate({ model, template }: ServeOptions): Promise<ModelToServe[]> {
  const progress = createSideProgress();
  const located: ModelToServe[] = [];
  try {
    for (const text of model) {
      const [, given, source] = /^([A-Za-z0-9][A-Za-z0-9._-]*)=(.+)$/.exec(text) ?? [null, null, text];
      const trained = isRunFolder(source) ? readPipeline(source).template : undefined;
      const path = resolve(await resolveModelSource(languageModelPath(source), progress));
      await checkModel(path);
      located.push({
        name: given ?? modelName(source),
        // A built-in model keeps its name, by which the server knows how its publisher samples.
        source: builtinName(source) === null ? path : source,
        template: (template as ChatTemplateName | undefined) ?? trained,
      });
    }
  } finally {
    progress.close();
  }
  return located;
}

/** Checks the headers before the server starts: it would try an invalid model again and again. */
async function checkModel(path: string): Promise<void> {
  const files = await openModel(path);
  await files.close();
}
