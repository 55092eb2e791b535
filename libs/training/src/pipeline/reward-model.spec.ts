import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoraConfig, Model } from '@open-chatgpt/models';
import { buildTokenizer, chatTemplate, loadTokenizer } from '@open-chatgpt/tokenizer';
import { RewardScorer } from '../algorithms/reward/scorer';
import { tinyModel } from '../testing/tiny-model';
import type { BaseModel } from './base-model';
import { exportModel } from './export-model';
import { openRewardModel } from './reward-model';
import { weightsVersion } from './weights-version';

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
    await exportModel(folder, trained, base, { baseName: 'the SFT model' });
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

  it('opens an adapter alone on the weights that it belongs on, and refuses other ones', async () => {
    const adapter = join(folder, 'adapter');
    const { model, normalization } = await openRewardModel(adapter, async () => base);
    expect(normalization).toEqual({ mean: 1, std: 2 });
    expect(await scores(model)).toEqual(await scores(trained));
    const other = { ...base, weights: tinyModel({ lora: LORA, seed: 6 }).frozen! };
    await expect(openRewardModel(adapter, async () => other)).rejects.toThrow(
      /belongs on the weights of the SFT model \(SHA-256 [0-9a-f]{12}…\), and those of the base of the stage are others/,
    );
    rmSync(join(adapter, 'base_weights.json'));
    await expect(openRewardModel(adapter, async () => base)).rejects.toThrow(/does not say which weights/);
  });

  it('names the base in the files of the adapter', () => {
    const read = (name: string) => JSON.parse(readFileSync(join(folder, 'adapter', name), 'utf8'));
    expect(read('adapter_config.json')).toMatchObject({
      base_model_name_or_path: 'the SFT model',
      task_type: 'SEQ_CLS',
      modules_to_save: ['score'],
    });
    expect(read('base_weights.json')).toEqual({
      name: 'the SFT model',
      sha256: weightsVersion(base.weights),
    });
  });

  it('asks for no base where there is no adapter', async () => {
    rmSync(join(folder, 'adapter'), { recursive: true });
    const { model } = await openRewardModel(folder, () => Promise.reject(new Error('not wanted')));
    expect(model.lora).toBeNull();
  });
});
