import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptedModules } from '@open-chatgpt/sizing';
import { expectClose, goldenFloats, goldenIntegers, readGolden, testValues } from '@open-chatgpt/testing';
import { allocateModel, parameterOf } from '../model/model';
import { forwardLogits } from '../testing/forward-logits';
import { GOLDEN, goldenAdaptedModel } from '../testing/golden-model';
import { loraA, loraB, mergeAdapter } from './adapters';

interface LoraCase {
  name: string;
  inputs: { w: number[][]; a: number[][]; b: number[][]; alpha: number; r: number; x: number[] };
  expected: { y: number[]; merged: number[][] };
}

describe('mergeAdapter', () => {
  it('computes the worked example of tools/golden/numerics.json', () => {
    const file = join(__dirname, '../../../../tools/golden/numerics.json');
    const cases: LoraCase[] = JSON.parse(readFileSync(file, 'utf8'));
    const { inputs, expected } = cases.find(({ name }) => name === 'lora')!;
    const [w, a, b] = [inputs.w, inputs.a, inputs.b].map((rows) => Float32Array.from(rows.flat()));
    const sizes = { inFeatures: 2, outFeatures: 2 };
    const merged = new Float32Array(4);
    mergeAdapter(merged, w, a, b, sizes, inputs.alpha / inputs.r);
    expect([...merged]).toEqual(expected.merged.flat());
    const y = [0, 2].map((row) => merged[row] * inputs.x[0] + merged[row + 1] * inputs.x[1]);
    expect(y).toEqual(expected.y);
  });

  it('writes [in, out] weights, in place too', () => {
    const sizes = { inFeatures: 3, outFeatures: 2 };
    const [a, b] = [testValues(6, 1), testValues(4, 2)];
    const weight = testValues(6, 3);
    const outputMajor = Float32Array.from({ length: 6 }, (_, i) => weight[(i % 3) * 2 + Math.floor(i / 3)]);
    mergeAdapter(outputMajor, outputMajor, a, b, sizes, 0.5);
    mergeAdapter(weight, weight, a, b, sizes, 0.5, true);
    const transposed = Float32Array.from({ length: 6 }, (_, i) => weight[(i % 3) * 2 + Math.floor(i / 3)]);
    expect(transposed).toEqual(outputMajor);
  });

  it('merges to a model with the same logits as base and adapter, as in PyTorch', async () => {
    const adapted = await goldenAdaptedModel('llama-lora');
    const { config, lora, frozen, trained } = adapted;
    const merged = allocateModel(config);
    for (const { name, data } of merged.trained.all) data.set(parameterOf(adapted, name).data);
    for (const linear of adaptedModules(config, lora!)) {
      const { data } = merged.trained.get(`${linear.name}.weight`);
      const [a, b] = [trained.get(loraA(linear.name)).data, trained.get(loraB(linear.name)).data];
      mergeAdapter(data, data, a, b, linear, lora!.loraAlpha / lora!.r);
      expect(data).not.toEqual(frozen!.get(`${linear.name}.weight`).data);
    }
    const golden = readGolden(join(GOLDEN, 'llama-lora'));
    const [batch, length] = golden.get('input_ids')!.shape;
    const inputIds = BigInt64Array.from(goldenIntegers(golden, 'input_ids'), BigInt);
    const logits = await forwardLogits(merged, { inputIds }, { batch, length });
    const alone = await forwardLogits(adapted, { inputIds }, { batch, length });
    expectClose(logits, alone, { rtol: 1e-5, name: 'logits of the merged weights' });
    const real = goldenIntegers(golden, 'attention_mask');
    expectClose(
      logits.map((value, i) => value * real[Math.floor(i / config.vocabSize)]),
      goldenFloats(golden, 'logits'),
      { rtol: 1e-5, name: "PyTorch's logits" },
    );
    const base = await forwardLogits(adapted, { inputIds }, { batch, length, adapter: false });
    expect(() => expectClose(base, alone, { rtol: 1e-2, name: 'without the adapter' })).toThrow();
  });
});
