import type { PreferenceExample, TokenizedPreference } from '@open-chatgpt/datasets';
import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import { PREFERENCE_LOSSES, type StageSettings } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import type { Sample } from '@open-chatgpt/runs';
import { type Opening, openRows } from '../../data/open-rows';
import { firstDistinct, promptText, responseText } from '../../pipeline/answers';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { createStageModel, frozenModel } from '../../pipeline/stage-models';
import { restoreWeights } from '../../trainer/saved-state';
import { untilStop } from '../../trainer/stop';
import { type Algorithm, measureRows, reportRows } from '../algorithm';
import { trainDpo } from './train';

const newModel = (base: BaseModel, config: StageSettings<'dpo'>): Model =>
  createStageModel(base, config, createRng(config.seed).fork('dpo'));

const pairsOf = (
  model: ModelDescription,
  { dataset, maxLength, seed }: StageSettings<'dpo'>,
  { signal, onIngest }: Opening,
) => openRows(dataset, 'pairs', { model, maxLength, seed, signal, onIngest });

export const dpo: Algorithm<'dpo'> = {
  async measure(model, config, opening) {
    // The reference computes a forward pass.
    const passes = PREFERENCE_LOSSES[config.lossType].reference ? 4 / 3 : 1;
    return measureRows(await pairsOf(model, config, opening), config, passes);
  },

  async train({ config, base, reference, environment }) {
    const model = newModel(base, config);
    const rows = await pairsOf(base, config, environment);
    const { train, evaluation, heldOut } = rows;
    try {
      reportRows(environment.listen, rows);
      await trainDpo({
        ...environment,
        model,
        config,
        train,
        evaluation,
        openReference: async () => frozenModel(await reference(), config),
        padTokenId: base.tokenizer.padTokenId,
        sample: createSampler(base, model, { evaluation, heldOut }, config, environment.signal),
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

interface HeldOutPairs {
  evaluation: readonly TokenizedPreference[];
  /** The same pairs as text. */
  heldOut: readonly PreferenceExample[];
}

/** Answers the prompts of held-out pairs greedily; the preferred answer is what to compare with. */
function createSampler(
  { tokenizer, template }: BaseModel,
  model: Model,
  { evaluation, heldOut }: HeldOutPairs,
  { evalSamples, maxLength }: StageSettings<'dpo'>,
  signal: AbortSignal | undefined,
) {
  // An answer needs one position at least.
  const answerable = evaluation
    .map(({ chosenIds, promptLength }, i) => ({
      ids: Array.from(chosenIds.subarray(0, promptLength)),
      pair: heldOut[i],
    }))
    .filter(({ ids }) => ids.length < model.config.maxPositionEmbeddings);
  const textOf = ({ pair }: (typeof answerable)[number]) => promptText({ messages: pair.prompt });
  const answered = firstDistinct(answerable, textOf, evalSamples);
  const prompts = answered.map(({ ids }) => ids);
  if (prompts.length === 0) return undefined;
  const generator = createGenerator(model);
  return async (): Promise<Sample[]> => {
    const answering = generator.generate({
      prompts,
      maxNewTokens: Math.min(128, maxLength),
      doSample: false,
      stopTokenIds: template.stopTokenIds,
      signal,
    });
    const answers = await untilStop(answering, signal);
    return Promise.all(
      answers.map(async ({ tokens }, i) => ({
        prompt: textOf(answered[i]),
        response: await responseText(tokenizer, template, tokens),
        reference: answered[i].pair.chosen,
      })),
    );
  };
}
