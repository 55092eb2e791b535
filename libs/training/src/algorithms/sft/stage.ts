import { OtherKindError } from '@open-chatgpt/datasets';
import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { BUILTIN_TASKS } from '../../data/builtin-tasks';
import { type Opening, openRows } from '../../data/open-rows';
import { readExamples } from '../../data/read-examples';
import { exactMatch, responseText, samplesOf } from '../../pipeline/answers';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { tokenizePrompts } from '../../pipeline/prompts';
import { createStageModel } from '../../pipeline/stage-models';
import { restoreWeights } from '../../trainer/saved-state';
import { untilStop } from '../../trainer/stop';
import { type Algorithm, measureRows, reportRows } from '../algorithm';
import { trainSft } from './train';

/** Held-out prompts that are answered to measure exact matches, where answers can be checked. */
const CHECKED_PROMPTS = 200;

const newModel = (base: BaseModel, config: StageSettings<'sft'>): Model =>
  createStageModel(base, config, createRng(config.seed).fork('sft'));

const conversationsOf = (
  model: ModelDescription,
  { dataset, maxLength, packing, seed }: StageSettings<'sft'>,
  { signal, onIngest }: Opening,
) => openRows(dataset, 'instructions', { model, maxLength, packing, seed, signal, onIngest });

export const sft: Algorithm<'sft'> = {
  async measure(model, config, opening) {
    return measureRows(await conversationsOf(model, config, opening), config);
  },

  async train({ config, base, environment }) {
    const model = newModel(base, config);
    const rows = await conversationsOf(base, config, environment);
    const { train, evaluation } = rows;
    try {
      reportRows(environment.listen, rows);
      await trainSft({
        ...environment,
        model,
        config,
        train,
        evaluation,
        padTokenId: base.tokenizer.padTokenId,
        sample: await createSampler(base, model, config, environment.signal),
      });
    } finally {
      await train.close();
    }
    return { kind: 'language-model', model };
  },

  async restore({ config, base }, checkpoint) {
    const model = newModel(base, config);
    await restoreWeights(checkpoint, model.trained, '');
    return { kind: 'language-model', model };
  },
};

/** Answers held-out prompts greedily: a few to read, and where answers can be checked, enough to measure. */
async function createSampler(
  base: BaseModel,
  model: Model,
  config: StageSettings<'sft'>,
  signal: AbortSignal | undefined,
) {
  const { tokenizer, template } = base;
  const checkable = config.dataset.path === BUILTIN_TASKS;
  const count = checkable ? CHECKED_PROMPTS : config.evalSamples;
  if (count === 0) return undefined;
  const source = { ...config.dataset, limit: checkable ? 1 : config.dataset.limit };
  const heldOut = await untilStop(
    readExamples(source, 'prompts', 'eval', count, config.seed).catch((error) => {
      // Texts without turns have no prompts to answer.
      if (error instanceof OtherKindError) return [];
      throw error;
    }),
    signal,
  );
  if (heldOut.length === 0) return undefined;
  // An answer needs one position at least.
  const longest = Math.min(config.maxLength, base.config.maxPositionEmbeddings - 1);
  const prompts = await tokenizePrompts(base, heldOut, longest);
  const generator = createGenerator(model);
  return async () => {
    const answering = generator.generate({
      prompts: prompts.map(({ ids }) => ids),
      maxNewTokens: Math.min(128, config.maxLength),
      doSample: false,
      stopTokenIds: template.stopTokenIds,
      signal,
    });
    const answers = await untilStop(answering, signal);
    const texts = await Promise.all(answers.map(({ tokens }) => responseText(tokenizer, template, tokens)));
    return { samples: samplesOf(prompts, texts, config.evalSamples), metrics: exactMatch(prompts, texts) };
  };
}
