import { openTextModel, type SamplingOptions, samplingFor, type TextModel } from '@open-chatgpt/generation';
import type { PipelineConfig } from '@open-chatgpt/pipeline';
import { setThreads } from '@open-chatgpt/runtime';
import { type ChatTemplateName, chatTemplate } from '@open-chatgpt/tokenizer';
import { asUsage } from '../exit-codes';
import { isRunFolder, languageModelPath, readPipeline } from '../models/model-path';
import { resolveModelSource } from '../models/model-source';
import { createSideProgress } from '../progress';
import { printWarnings } from '../terminal/warn';
import { samplingAdvice } from '../training/resolve-builtin';
import type { AnsweringOptions } from './answering-options';

/** A loaded model; its template is null if it continues plain text (`--raw`). */
export interface Answerer extends TextModel {
  sampling: SamplingOptions;
  /** The pipeline of the run folder, if the model is given by one. */
  run: PipelineConfig | null;
}

/** How answers are sampled: as the options say, else as the model's files do. */
export function samplingOf({ generationConfig }: TextModel, options: AnsweringOptions): SamplingOptions {
  return samplingFor(options, generationConfig);
}

/** Opens the model that `--model` names. */
export async function openAnswerer(options: AnsweringOptions & { raw?: boolean }): Promise<Answerer> {
  if (options.threads) setThreads(options.threads);
  const progress = createSideProgress();
  const run = isRunFolder(options.model) ? readPipeline(options.model) : null;
  const name = (options.template as ChatTemplateName | undefined) ?? run?.template ?? 'model';
  try {
    const path = languageModelPath(options.model);
    const model = await openTextModel(await resolveModelSource(path, progress), {
      weights: options.int8 ? 'int8' : 'float32',
      sampling: samplingAdvice(path),
      template: (tokenizer) => (options.raw ? null : asUsage(() => chatTemplate(name, tokenizer))),
      onLoading: (done, total) => progress.loading('loading weights', done, total),
    });
    progress.close();
    printWarnings(model.warnings);
    return { ...model, sampling: samplingOf(model, options), run };
  } finally {
    progress.close();
  }
}
