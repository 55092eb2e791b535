import { createGenerator } from '@open-chatgpt/generation';
import type { Model } from '@open-chatgpt/models';
import { parsePpoConfig } from '@open-chatgpt/pipeline';
import { cloneModel, copyWeights } from '../../pipeline/stage-models';
import { rowsInMemory } from '../../testing/rows-in-memory';
import { tinyModel } from '../../testing/tiny-model';
import { RewardScorer } from '../reward/scorer';
import { Actor } from './actor';
import { Critic } from './critic';
import { LocalWorkers } from './local-workers';
import type { BatchResult, RolloutBatch } from './rollout-batch';
import { trainPpo } from './train';
import { ValueTrainer } from './value-trainer';

const PROMPTS = Array.from({ length: 12 }, (_, i) => [1, 3 + i, 7 + ((i * 5) % 9)]);
const forward = { batchSize: 4, maxLength: 16, padTokenId: 0 };

const config = (more: object = {}) =>
  parsePpoConfig({
    iterations: 3,
    rolloutBatchSize: 8,
    localRolloutForwardBatchSize: 4,
    perDeviceTrainBatchSize: 4,
    numPpoEpochs: 2,
    maxPromptLength: 8,
    responseLength: 8,
    temperature: 1,
    learningRate: 0.01,
    evalSteps: 0,
    saveSteps: 0,
    ...more,
  });

/** A short run. @param change replaces the local workers */
async function run(more: object = {}, change = (workers: LocalWorkers) => workers) {
  const settings = config(more);
  const policy = tinyModel();
  const rewardModel = tinyModel({ scalarHead: true, seed: 6 });
  const valueTrainer = new ValueTrainer(cloneModel(rewardModel, settings), settings, 0);
  const generator = createGenerator(policy);
  const actor = new Actor({
    ...forward,
    policy,
    reference: frozenCopy(policy),
    temperature: 1,
    sampleResponses: (prompts, seed, firstIndex) =>
      generator.generate({ prompts, seed, firstIndex, maxNewTokens: 8 }),
  });
  const scorer = new RewardScorer(rewardModel, forward);
  const critic = new Critic(scorer, valueTrainer.model, { ...settings, ...forward });
  const result = await trainPpo({
    policy,
    workers: change(new LocalWorkers(actor, critic, valueTrainer)),
    prompts: rowsInMemory(
      PROMPTS.map((prompt) => ({ inputIds: Int32Array.from(prompt) })),
      ({ inputIds }) => inputIds.length,
    ),
    evaluationPrompts: [],
    describe: async () => ({ samples: [], metrics: {} }),
    padTokenId: 0,
    config: settings,
    listen: () => {},
  });
  const weights = (model: Model) => model.trained.all.map(({ data }) => data.slice());
  return { ledger: result.ledger, policy: weights(policy), value: weights(valueTrainer.model) };
}

function frozenCopy(model: Model): Model {
  const copy = tinyModel();
  copyWeights(model.trained, copy.trained);
  return copy;
}

/** Workers that change some of their results. */
class Changed extends LocalWorkers {
  constructor(
    workers: LocalWorkers,
    private readonly change: (batch: RolloutBatch, result: BatchResult) => BatchResult,
  ) {
    super(workers['actor'], workers['critic'], workers['valueTrainer']);
  }

  override async collect(batches: readonly RolloutBatch[]): Promise<BatchResult[]> {
    return (await super.collect(batches)).map((result, i) => this.change(batches[i], result));
  }
}

const refuse = ({ prompts }: RolloutBatch, result: BatchResult): BatchResult => ({
  ...result,
  samples: [],
  refused: 'stale',
  dropped: prompts.map(({ sampleId }) => ({ id: sampleId, reason: 'stale' })),
});

describe('the PPO loop', () => {
  it('requests refused batches again, enters the refusal in the ledger, and learns the same', async () => {
    const plain = await run();
    const refused = await run(
      {},
      (workers) =>
        new Changed(workers, (batch, result) => (batch.id === '2-1' ? refuse(batch, result) : result)),
    );
    expect(plain.ledger).toEqual({ generated: 24, trained: 24, dropped: {}, open: 0 });
    expect(refused.ledger).toEqual({ generated: 28, trained: 24, dropped: { stale: 4 }, open: 0 });
    expect(refused.policy).toEqual(plain.policy);
    expect(refused.value).toEqual(plain.value);
  });

  it('fails when the answers to a batch are refused again and again', async () => {
    const always = run({}, (workers) => new Changed(workers, refuse));
    await expect(always).rejects.toThrow(
      /rollout batch 1-0.* was refused after 5 retries: the answers came from policies that are too old/,
    );
  });

  it('continues without the batches that failed, and the ledger adds up', async () => {
    const { ledger } = await run(
      {},
      (workers) =>
        new Changed(workers, (batch, result) =>
          batch.id === '1-0'
            ? {
                ...result,
                samples: [],
                dropped: batch.prompts.map(({ sampleId }) => ({ id: sampleId, reason: 'failed' })),
              }
            : result,
        ),
    );
    expect(ledger).toEqual({ generated: 24, trained: 20, dropped: { failed: 4 }, open: 0 });
  });

  it('corrects stale samples: with the policy that sampled them still in place nothing changes but rounding', async () => {
    const aged = (workers: LocalWorkers) =>
      new Changed(workers, (_, result) => ({ ...result, staleness: 1 }));
    const [plain, corrected] = [await run({ iterations: 1 }), await run({ iterations: 1 }, aged)];
    plain.policy.forEach((weights, i) => {
      weights.forEach((weight, at) => {
        expect(Math.abs(corrected.policy[i][at] - weight)).toBeLessThan(2e-3);
      });
    });
    expect(corrected.value).toEqual(plain.value);
  });

  it('divides the samples of an iteration without changing which numbers each one draws', async () => {
    const tokens = async (size: number) => {
      const responses = new Map<number, readonly number[]>();
      await run(
        { iterations: 1, localRolloutForwardBatchSize: size },
        (workers) =>
          new Changed(workers, (_, result) => {
            for (const { id, response } of result.samples) responses.set(id, response);
            return result;
          }),
      );
      return [...responses].sort(([a], [b]) => a - b);
    };
    expect(await tokens(2)).toEqual(await tokens(8));
  });
});
