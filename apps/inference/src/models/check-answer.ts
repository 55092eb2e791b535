import type { LoadedModel, LoadedScorer } from './loaded-model';

/**
 * Generates two tokens before a model is served: finite weights can still compute values that are not.
 * @throws Error when the model computes NaN
 */
export async function checkAnswer(model: LoadedModel | LoadedScorer): Promise<void> {
  if (model.kind === 'reward-model') return;
  const { tokenizer, generator } = model;
  await generator.generate({
    prompts: [[tokenizer.bosTokenId ?? 0]],
    maxNewTokens: 2,
    doSample: false,
    stopTokenIds: [],
  });
}
