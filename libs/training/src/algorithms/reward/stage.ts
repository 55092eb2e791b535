import type { PreferenceExample } from '@open-chatgpt/datasets';
import type { Model } from '@open-chatgpt/models';
import type { StageSettings } from '@open-chatgpt/pipeline';
import { createRng } from '@open-chatgpt/random';
import type { Sample } from '@open-chatgpt/runs';
import { type Opening, openRows } from '../../data/open-rows';
import { firstDistinct, promptText } from '../../pipeline/answers';
import type { BaseModel, ModelDescription } from '../../pipeline/base-model';
import { createStageModel } from '../../pipeline/stage-models';
import { restoreWeights } from '../../trainer/saved-state';
import { type Algorithm, measureRows, reportRows } from '../algorithm';
import type { PairEvaluation } from './evaluate';
import { trainReward } from './train';

/** The base with a scalar head. */
const newModel = (base: BaseModel, config: StageSettings<'reward'>): Model =>
  createStageModel(base, { ...config, scalarHead: true }, createRng(config.seed).fork('reward'));

const pairsOf = (
  model: ModelDescription,
  { dataset, maxLength, seed }: StageSettings<'reward'>,
  { signal, onIngest }: Opening,
) => openRows(dataset, 'pairs', { model, maxLength, seed, signal, onIngest });

export const reward: Algorithm<'reward'> = {
  async measure(model, config, opening) {
    return measureRows(await pairsOf(model, config, opening), config);
  },

  async train({ config, base, environment }) {
    const model = newModel(base, config);
    const rows = await pairsOf(base, config, environment);
    const { train, evaluation, heldOut } = rows;
    try {
      reportRows(environment.listen, rows);
      const { normalization } = await trainReward({
        ...environment,
        model,
        config,
        train,
        evaluation,
        padTokenId: base.tokenizer.padTokenId,
        sample: (scores) => pairSamples(heldOut, scores, config.evalSamples),
      });
      return { kind: 'reward-model', model, normalization };
    } finally {
      await train.close();
    }
  },

  async restore({ config, base }, checkpoint, { mean, std }) {
    const model = newModel(base, config);
    await restoreWeights(checkpoint, model.trained, '');
    return { kind: 'reward-model', model, normalization: { mean: Number(mean), std: Number(std) } };
  },
};

function pairSamples(
  pairs: readonly PreferenceExample[],
  { chosenScores, rejectedScores }: PairEvaluation,
  count: number,
): Sample[] {
  const textOf = ({ prompt }: PreferenceExample) => promptText({ messages: prompt });
  return firstDistinct(pairs.entries(), ([, pair]) => textOf(pair), count).map(([i, pair]) => ({
    prompt: textOf(pair),
    response: pair.chosen,
    reward: chosenScores[i],
    rejected: { response: pair.rejected, reward: rejectedScores[i] },
  }));
}
