import { join } from 'node:path';
import { expectClose, goldenFloats, goldenIntegers, readGolden } from '@open-chatgpt/testing';
import type { Model } from '../model/model';
import { forwardLogits } from '../testing/forward-logits';
import { GOLDEN, goldenAdaptedModel, goldenModel } from '../testing/golden-model';
import { checkTenSteps, sequenceInputs } from '../testing/ten-steps';

interface Case {
  name: string;
  load?: (name: string) => Promise<Model>;
  packed?: boolean;
  /** Prefix of parameter names in the golden file. */
  prefix?: string;
}

const cases: Case[] = [
  { name: 'llama-gqa-tied' },
  { name: 'llama-untied-rope-llama3' },
  { name: 'mistral' },
  { name: 'qwen2' },
  { name: 'qwen3' },
  { name: 'gpt2' },
  { name: 'opt' },
  { name: 'opt-post-norm' },
  { name: 'llama-lora', load: goldenAdaptedModel, prefix: 'base_model.model.' },
  { name: 'llama-packed', packed: true },
];

describe.each(cases)('$name against PyTorch', ({ name, load = goldenModel, packed = false, prefix = '' }) => {
  const golden = readGolden(join(GOLDEN, name));
  const [batch, length] = golden.get('input_ids')!.shape;

  it('has the same logits', async () => {
    const model = await load(name);
    const all = await forwardLogits(model, sequenceInputs(golden, packed), { batch, length, packed });
    // The file holds zero at padding, whose logits are undefined.
    const real = goldenIntegers(golden, packed ? 'segment_ids' : 'attention_mask');
    const { vocabSize } = model.config;
    const logits = all.map((value, i) => (real[Math.floor(i / vocabSize)] ? value : 0));
    expectClose(logits, goldenFloats(golden, 'logits'), { rtol: 1e-5, name: 'logits' });
  });

  it.each([false, true])(
    'has the same loss, gradients and ten AdamW steps (gradientCheckpointing %s)',
    async (gradientCheckpointing) => {
      const model = await load(name);
      await checkTenSteps(model, golden, { packed, prefix, gradientCheckpointing });
    },
  );
});
