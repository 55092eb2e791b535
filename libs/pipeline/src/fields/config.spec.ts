import { nearestName } from '@open-chatgpt/untrusted';
import fc from 'fast-check';
import { z } from 'zod';
import { parsePpoConfig, ppoFields } from '../stages/ppo/config';
import { parseRewardConfig, rewardConfigSchema } from '../stages/reward/config';
import { parseSftConfig, sftConfigSchema } from '../stages/sft/config';
import { sftPresets } from '../stages/sft/presets';

describe('stage configurations', () => {
  it.each([
    ['SFT', sftConfigSchema],
    ['reward', rewardConfigSchema],
  ])('%s: every field has a default and a description', (_, schema) => {
    expect(() => schema.parse({})).not.toThrow();
    for (const [name, field] of Object.entries(schema.shape)) {
      expect([name, (field as z.ZodType).description]).toEqual([name, expect.stringMatching(/.{10}/)]);
    }
  });

  it('PPO: every field has a default and a description', () => {
    expect(parsePpoConfig({})).toMatchObject({
      iterations: 100,
      totalEpisodes: 6400,
      klCoef: 0.05,
      lam: 0.95,
    });
    const schema = z.toJSONSchema(z.strictObject(ppoFields), {
      io: 'input',
    });
    for (const [name, field] of Object.entries(schema.properties!)) {
      expect([name, (field as { description?: string }).description]).toEqual([
        name,
        expect.stringMatching(/./),
      ]);
    }
  });

  it.each([
    ['llama-7b', 2e-5, 3],
    ['llama-13b', 1e-5, 5],
  ] as const)(
    'the preset %s is a valid SFT config with a batch of 128',
    (name, learningRate, numTrainEpochs) => {
      const config = parseSftConfig(sftPresets[name]);
      expect(config.perDeviceTrainBatchSize * config.gradientAccumulationSteps).toBe(128);
      expect(config).toMatchObject({
        learningRate,
        numTrainEpochs,
        maxLength: 512,
        saveSteps: 2000,
        saveTotalLimit: 5,
      });
    },
  );

  it('counts iterations from episodes', () => {
    expect(parsePpoConfig({ totalEpisodes: 65 }).iterations).toBe(2);
    expect(parsePpoConfig({ totalEpisodes: 128, iterations: 2 }).iterations).toBe(2);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a number for the config',
      () => parseSftConfig(5),
      /^SFT config: expected a mapping of fields; found 5$/,
    ],
    ['a bad β₂', () => parseSftConfig({ adamBeta2: 1 }), /adamBeta2: expected less than 1; found 1/],
    [
      'LoRA without layers',
      () => parseSftConfig({ lora: { targetModules: [] } }),
      /lora.targetModules: expected at least 1 item/,
    ],
    [
      'a LoRA typo',
      () => parseSftConfig({ lora: { alpha: 1 } }),
      /lora.alpha: unknown field "alpha"; (did you mean|known)/,
    ],
    [
      'null for a number',
      () => parseRewardConfig({ learningRate: null }),
      /learningRate: expected a number; found null/,
    ],
    ['packed pairs', () => parseRewardConfig({ packing: true }), /packing: unknown field "packing"/],
    [
      'both counts',
      () => parsePpoConfig({ totalEpisodes: 64, iterations: 5 }),
      /totalEpisodes: asks for 1 iterations, but/,
    ],
    ['topP above 1', () => parsePpoConfig({ topP: 1.1 }), /topP: expected at most 1; found 1.1/],
    ['temperature 0', () => parsePpoConfig({ temperature: 0 }), /temperature: expected more than 0; found 0/],
    [
      'an unknown estimator',
      () => parsePpoConfig({ klEstimator: 'k4' }),
      /expected one of k1, k2, k3; found "k4"/,
    ],
    [
      'accumulation at odds',
      () => parsePpoConfig({ gradientAccumulationSteps: 3 }),
      /expected .* \(8\); found 3; leave it out/,
    ],
  ])('refuses %s', (_, parse, message) => {
    expect(parse).toThrow(message);
  });

  it('never fails with anything but its own message', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        try {
          parsePpoConfig(value, 'x.yaml');
        } catch (error) {
          expect((error as Error).message).toMatch(/^x\.yaml: /);
        }
      }),
    );
  });
});

describe('the nearest name', () => {
  it.each([
    ['learning_rate', 'learningRate'],
    ['weightDecy', 'weightDecay'],
    ['sead', 'seed'],
    ['qqqqqqqq', null],
    ['x'.repeat(10_000), null],
  ])('%s → %s', (given, expected) => {
    expect(nearestName(given, ['learningRate', 'weightDecay', 'seed'])).toBe(expected);
  });
});
