import type { Rng } from '@open-chatgpt/random';
import type { ParameterStore } from '@open-chatgpt/runtime';
import { SCORE_WEIGHT } from './model';

/**
 * Initializes weights: matrices normal(0, initializerRange), norms one, biases zero.
 * @param layers the projections that end a residual branch are scaled by 1/√(2·layers) (GPT-2, section 2.3)
 */
export function initializeWeights(
  store: ParameterStore,
  rng: Rng,
  layers: number,
  initializerRange = 0.02,
): void {
  for (const { name, shape, data } of store.all) {
    if (shape.length < 2) {
      data.fill(name.endsWith('.bias') ? 0 : 1);
      continue;
    }
    const endsBranch = /\.(o_proj|down_proj|c_proj|out_proj|fc2)\.weight$/.test(name);
    const std = endsBranch ? initializerRange / Math.sqrt(2 * layers) : initializerRange;
    for (let i = 0; i < data.length; i++) data[i] = rng.normal() * std;
  }
}

/** Initializes a scalar head: normal(0, 1/√(D + 1)) (Stiennon et al. 2020; lm-human-preferences). */
export function initializeScoreHead(store: ParameterStore, rng: Rng): void {
  const { data } = store.get(SCORE_WEIGHT);
  const std = 1 / Math.sqrt(data.length + 1);
  for (let i = 0; i < data.length; i++) data[i] = rng.normal() * std;
}
