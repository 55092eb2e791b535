import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoraConfig, Model } from '@open-chatgpt/models';
import { buildTokenizer, chatTemplate, loadTokenizer } from '@open-chatgpt/tokenizer';
import { RewardScorer } from '../algorithms/reward/scorer';
import { tinyModel } from '../testing/tiny-model';
import type { BaseModel } from './base-model';
import { exportModel } from './export-model';
import { openRewardModel } from './reward-model';

const LORA: LoraConfig = { r: 2, loraAlpha: 4, loraDropout: 0.1, targetModules: ['q_proj', 'up_proj'] };
const SEQUENCES = [
  [1, 5, 9, 2],
  [1, 30, 31],
];

describe('openRewardModel', () => {
  let folder: string;
  let trained: Model;
  let base: BaseModel;
  const scores = (model: Model) =>
    new RewardScorer(model, { batchSize: 2, maxLength: 16, padTokenId: 0 }).score(SEQUENCES);

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'reward-'));
    trained = tinyModel({ lora: LORA, scalarHead: true });
    const tokenizer = await loadTokenizer(buildTokenizer('abc'));
    base = {
      config: trained.config,
      weights: trained.frozen!,
      tokenizer,
      template: chatTemplate('model', tokenizer),
      generationConfig: null,
      warnings: [],
    };
    await exportModel(folder, trained, base);
    writeFileSync(join(folder, 'reward_normalization.json'), '{"mean":1,"std":2}');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('opens an adapter on the base that it was trained on: in its memory, with the same scores to the bit', async () => {
    const { model, normalization } = await openRewardModel(folder, async () => base);
    expect(model.frozen).toBe(base.weights);
    expect(normalization).toEqual({ mean: 1, std: 2 });
    expect(await scores(model)).toEqual(await scores(trained));
  });

  it('opens the merged weights where the base is another one', async () => {
    const other = { ...base, weights: tinyModel({ lora: LORA, seed: 6 }).frozen! };
    const { model } = await openRewardModel(folder, async () => other);
    expect(model.frozen).toBeNull();
    const [found, expected] = [await scores(model), await scores(trained)];
    for (const [i, score] of expected.entries()) expect(found[i]).toBeCloseTo(score, 4);
  });

  it('asks for no base where there is no adapter', async () => {
    rmSync(join(folder, 'adapter'), { recursive: true });
    const { model } = await openRewardModel(folder, () => Promise.reject(new Error('not wanted')));
    expect(model.lora).toBeNull();
  });
});
