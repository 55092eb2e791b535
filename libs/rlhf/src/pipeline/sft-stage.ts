import { join } from 'node:path';
import {
  type PromptExample,
  type SupervisedExample,
  tokenizeAll,
  tokenizePrompt,
  tokenizeSupervised,
} from '@open-chatgpt/datasets';
import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import { createRng } from '@open-chatgpt/random';
import { trainSft } from '../sft/train';
import { exactMatch, type HeldOutPrompt, responseText, samplesOf } from './answers';
import type { BaseModel, ModelDescription } from './base-model';
import type { SftStageConfig } from './config';
import { BUILTIN_TASKS, loadExamples } from './data';
import { exportModel, mergeIntoBase } from './export-model';
import { reportDropped } from './report-dropped';
import { finishedStage, restoreFinished, type StageContext, stageEnvironment } from './stage-context';
import { createStageModel } from './stage-models';

/** Held-out prompts that are answered to measure exact matches, where answers can be checked. */
const CHECKED_PROMPTS = 200;

/** The examples of the stage as tokens, and what was left out. */
export async function tokenizeSft({ tokenizer, template }: BaseModel, config: SftStageConfig) {
  const data = await loadExamples(config.dataset, 'supervised', config.seed);
  const tokenize = (examples: readonly SupervisedExample[]) =>
    tokenizeAll(examples, (example) => tokenizeSupervised(example, tokenizer, template, config));
  const train = await tokenize(data.train);
  const evaluation = await tokenize(data.evaluation);
  return { train, evaluation, dropped: { ...data.dropped, ...train.dropped } };
}

/** Trains the base on the examples; afterwards the base's weights are the fine-tuned ones. */
export async function runSftStage(context: StageContext, config: SftStageConfig): Promise<void> {
  const { base, folder } = context;
  const { train, evaluation, dropped } = await tokenizeSft(base, config);
  reportDropped(context, 'sft', dropped);

  const model = createStageModel(base, config, createRng(config.seed).fork('sft'));
  if (finishedStage(context, 'sft')) {
    await restoreFinished(context, 'sft', model);
  } else {
    await trainSft({
      ...stageEnvironment(context, 'sft'),
      model,
      config,
      train: train.items,
      evaluation: evaluation.items,
      padTokenId: base.tokenizer.padTokenId,
      sample: await createSampler(base, model, config),
    });
  }
  await exportModel(join(folder.path, 'models', 'sft'), model, base);
  mergeIntoBase(model, base);
}

/** Answers held-out prompts greedily: a few to read, and where answers can be checked, enough to measure. */
async function createSampler(base: BaseModel, model: Model, config: SftStageConfig) {
  const { tokenizer, template } = base;
  const checkable = config.dataset.path === BUILTIN_TASKS;
  const source = await loadExamples(
    { ...config.dataset, limit: checkable ? 1 : config.dataset.limit },
    'prompts',
    config.seed,
  );
  const count = checkable ? CHECKED_PROMPTS : config.evalSamples;
  if (count === 0) return undefined;
  const prompts = await tokenizePrompts(base, source.evaluation.slice(0, count), config.maxLength);
  const generator = createGenerator(model);
  return async () => {
    const answers = await generator.generate({
      prompts: prompts.map(({ ids }) => ids),
      maxNewTokens: Math.min(128, config.maxLength),
      doSample: false,
      stopTokenIds: template.stopTokenIds,
    });
    const texts = await Promise.all(answers.map(({ tokens }) => responseText(tokenizer, template, tokens)));
    return { samples: samplesOf(prompts, texts, config.evalSamples), metrics: exactMatch(prompts, texts) };
  };
}

export async function tokenizePrompts(
  { tokenizer, template }: ModelDescription,
  examples: readonly PromptExample[],
  maxLength: number,
): Promise<HeldOutPrompt[]> {
  const { items, sources } = await tokenizeAll(examples, (example) =>
    tokenizePrompt(example, tokenizer, template, { maxLength }),
  );
  return items.map(({ inputIds }, i) => ({ example: examples[sources[i]], ids: Array.from(inputIds) }));
}
