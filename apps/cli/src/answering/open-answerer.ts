import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createGenerator, type Generator, type SamplingOptions } from '@open-chatgpt/generation';
import { allocateBase, loadWeights, type Model, openModel } from '@open-chatgpt/models';
import { type PipelineConfig, parsePipeline } from '@open-chatgpt/rlhf';
import { ParameterStore, setThreads } from '@open-chatgpt/runtime';
import {
  type ChatTemplate,
  type ChatTemplateName,
  chatTemplate,
  loadTokenizer,
  type Tokenizer,
} from '@open-chatgpt/tokenizer';
import { asUsage, UsageError } from '../exit-codes';
import { chatModelPath, isRunFolder } from '../models/model-path';
import { createSideProgress } from '../progress';
import { resolveModelPath } from '../training/resolve-builtin';
import type { AnsweringOptions } from './answering-options';
import { samplingOf } from './sampling';

/** A model that is ready to answer. */
export interface Answerer {
  generator: Generator;
  tokenizer: Tokenizer;
  /** null where text is continued as it is (`--raw`). */
  template: ChatTemplate | null;
  sampling: SamplingOptions;
  /** Longest prompt and answer together. */
  maxLength: number;
  /** The run that trained it, where a run folder was given. */
  run: PipelineConfig | null;
}

/** Opens the model that `--model` names, its weights frozen. */
export async function openAnswerer(options: AnsweringOptions & { raw?: boolean }): Promise<Answerer> {
  if (options.threads) setThreads(options.threads);
  const progress = createSideProgress();
  const run = isRunFolder(options.model) ? readPipeline(options.model) : null;
  const path = await resolveModelPath(chatModelPath(options.model), progress);
  const files = await openModel(path);
  try {
    if (!files.tokenizer) {
      throw new UsageError(`${path} has no tokenizer.json; put the one of its model beside the weights`);
    }
    const tokenizer = await loadTokenizer(files.tokenizer);
    const name = (options.template as ChatTemplateName | undefined) ?? run?.template ?? 'model';
    const template = options.raw ? null : asUsage(() => chatTemplate(name, tokenizer));
    const weights = allocateBase(files.config, false);
    await loadWeights(weights, files.weights, (done, total) =>
      progress.loading('loading weights', done, total),
    );
    const model: Model = {
      config: files.config,
      lora: null,
      scalarHead: false,
      trained: new ParameterStore([]),
      frozen: weights,
    };
    return {
      generator: createGenerator(model, { weights: options.int8 ? 'int8' : 'float32' }),
      tokenizer,
      template,
      sampling: samplingOf(options, files.generationConfig),
      maxLength: files.config.maxPositionEmbeddings,
      run,
    };
  } finally {
    progress.close();
    await files.close();
  }
}

function readPipeline(folder: string): PipelineConfig {
  const file = join(folder, 'config.yaml');
  return asUsage(() => parsePipeline(readFileSync(file, 'utf8'), file));
}
