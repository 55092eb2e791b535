import { join } from 'node:path';
import { type PromptExample, tokenizeAll, tokenizePrompt } from '@open-chatgpt/datasets';
import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import type { SftStageConfig } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { trainSft } from '../algorithms/sft/train';
import { exactMatch, type HeldOutPrompt, responseText, samplesOf } from './answers';
import type { BaseModel, ModelDescription } from './base-model';
import { BUILTIN_TASKS, loadHeldOut } from './data';
import { exportModel, mergeIntoBase } from './export-model';
import { reportDropped } from './report-dropped';
import { sftRows } from './sft-rows';
import { finishedStage, restoreFinished, type StageContext, stageEnvironment } from './stage-context';
import { createStageModel } from './stage-models';

/** Held-out prompts that are answered to measure exact matches, where answers can be checked. */
const CHECKED_PROMPTS = 200;

/** Trains the base on the examples; afterwards the base's weights are the fine-tuned ones. */
export async function runSftStage(context: StageContext, config: SftStageConfig): Promise<void> {
  const { base, folder } = context;
  const model = createStageModel(base, config, createRng(config.seed).fork('sft'));
  if (finishedStage(context, 'sft')) {
    await restoreFinished(context, 'sft', model);
  } else {
    const { train, evaluation, dropped } = await sftRows(base, config);
    reportDropped(context, 'sft', dropped);
    try {
      await trainSft({
        ...stageEnvironment(context, 'sft'),
        model,
        config,
        train,
        evaluation,
        padTokenId: base.tokenizer.padTokenId,
        sample: await createSampler(base, model, config),
      });
    } finally {
      await train.close();
    }
  }
  await exportModel(join(folder.path, 'models', 'sft'), model, base);
  mergeIntoBase(model, base);
}

/** Answers held-out prompts greedily: a few to read, and where answers can be checked, enough to measure. */
async function createSampler(base: BaseModel, model: Model, config: SftStageConfig) {
  const { tokenizer, template } = base;
  const checkable = config.dataset.path === BUILTIN_TASKS;
  const count = checkable ? CHECKED_PROMPTS : config.evalSamples;
  if (count === 0) return undefined;
  const source = { ...config.dataset, limit: checkable ? 1 : config.dataset.limit };
  const heldOut = await loadHeldOut(source, 'prompts', config.seed);
  const prompts = await tokenizePrompts(base, heldOut.slice(0, count), config.maxLength);
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
