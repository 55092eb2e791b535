import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AdvantageEstimatorName, parsePpoConfig } from '@open-chatgpt/pipeline';
import { expectClose } from '@open-chatgpt/testing';
import { estimateAdvantages, makeExperience } from './experience';
import type { Rollout } from './rollout';

interface Case {
  name: string;
  inputs: {
    estimator: AdvantageEstimatorName;
    scores: number[];
    groups: number[];
    logps: number[][];
    refLogps: number[][];
    beta: number;
    gamma: number;
    scaleRewards?: boolean;
  };
  expected: { advantages: number[] };
}

const all: Case[] = JSON.parse(
  readFileSync(join(__dirname, '../../../../../tools/golden/numerics.json'), 'utf8'),
);
const cases = all.filter(({ name }) => name.startsWith('advantages-'));

const rolloutsOf = ({ groups, logps, refLogps }: Case['inputs']): Rollout[] =>
  groups.map((promptIndex, id) => ({
    id,
    promptIndex,
    prompt: [1],
    response: logps[id].map(() => 2),
    endsWithEos: true,
    logProbs: Float32Array.from(logps[id]),
    refLogProbs: Float32Array.from(refLogps[id]),
  }));

describe('the advantages of an estimator without values', () => {
  it.each(cases)('are PyTorch’s: $name', ({ inputs, expected }) => {
    const { estimator, scores, beta, gamma, scaleRewards = true } = inputs;
    const config = parsePpoConfig({
      advantageEstimator: estimator,
      numGenerations: estimator === 'reinforce_plus_plus' ? 1 : 2,
      gamma,
      scaleRewards,
    });
    const rollouts = rolloutsOf(inputs);
    const none = rollouts.map(({ response }) => new Float32Array(response.length));
    const scored = estimateAdvantages(rollouts, scores, none, beta, config);
    const actual = makeExperience(scored, beta, config).flatMap(({ advantages }) => Array.from(advantages));
    expectClose(actual, expected.advantages, { rtol: 1e-6, name: estimator });
  });

  it('are compared for each of them', () => {
    const compared = new Set(cases.map(({ inputs }) => inputs.estimator));
    expect([...compared].sort()).toEqual([
      'grpo',
      'reinforce_plus_plus',
      'reinforce_plus_plus_baseline',
      'rloo',
    ]);
  });
});
