import type { Model } from '@open-chatgpt/models';
import { PREFERENCE_LOSSES, type StageSettings } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { type Opening, openRows, type StageRows } from '../../data/open-rows';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { createStageModel, frozenModel } from '../../pipeline/stage-models';
import { restoreWeights } from '../../trainer/saved-state';
import { type Algorithm, measureRows, reportRows } from '../algorithm';
import { answerSampler, type HeldOutPrompt } from '../responses/answer-sampler';
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
    const { train, evaluation } = rows;
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
        sample: answerSampler(base, model, promptsOf(rows), config, environment.signal),
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

/** The prompts of held-out pairs; the preferred answer is what to compare with. */
const promptsOf = ({ evaluation, heldOut }: StageRows<'pairs'>): HeldOutPrompt[] =>
  evaluation.map(({ chosenIds, promptLength }, i) => ({
    ids: chosenIds.subarray(0, promptLength),
    messages: heldOut[i].prompt,
    reference: heldOut[i].chosen,
  }));
