import type { Model } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import { type Opening, openRows, type StageRows } from '../../data/open-rows';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { createStageModel, frozenModel } from '../../pipeline/stage-models';
import { restoreWeights } from '../../trainer/saved-state';
import { type Algorithm, measureRows, reportRows } from '../algorithm';
import { answerSampler, type HeldOutPrompt } from '../responses/answer-sampler';
import { trainKto } from './train';

const newModel = (base: BaseModel, config: StageSettings<'kto'>): Model =>
  createStageModel(base, config, createRng(config.seed).fork('kto'));

const answersOf = (
  model: ModelDescription,
  { dataset, maxLength, seed }: StageSettings<'kto'>,
  { signal, onIngest }: Opening,
) => openRows(dataset, 'labels', { model, maxLength, seed, signal, onIngest });

/** The prompts of good held-out answers. */
const promptsOf = ({ evaluation, heldOut }: StageRows<'labels'>): HeldOutPrompt[] =>
  evaluation.flatMap(({ inputIds, promptLength, label }, i) => {
    const { messages } = heldOut[i];
    const prompt = { ids: inputIds.subarray(0, promptLength), messages: messages.slice(0, -1) };
    return label ? [{ ...prompt, reference: messages.at(-1)!.content }] : [];
  });

export const kto: Algorithm<'kto'> = {
  async measure(model, config, opening) {
    // The reference computes a forward pass; with a baseline both models compute another one.
    const passes = config.lossType === 'kto' ? 2 : 4 / 3;
    return measureRows(await answersOf(model, config, opening), config, passes);
  },

  async train({ config, base, reference, environment }) {
    const model = newModel(base, config);
    const rows = await answersOf(base, config, environment);
    const { train, evaluation } = rows;
    try {
      reportRows(environment.listen, rows);
      await trainKto({
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
