import { join } from 'node:path';
import { AdamW, clipCoefficient, GradientNorm } from '@open-chatgpt/runtime';
import {
  expectClose,
  type GoldenTensor,
  goldenFloats,
  goldenIntegers,
  readGolden,
  withPrefix,
} from '@open-chatgpt/testing';
import { languageModelLoss, shiftLabels } from '../heads/language-model-loss';
import type { Model } from '../model/model';
import { forwardLogits } from '../testing/forward-logits';
import { GOLDEN, goldenAdaptedModel, goldenModel } from '../testing/golden-model';
import { compileTraining } from './compile-training';

const ADAMW = { adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8, weightDecay: 0.01 };

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

type Golden = Map<string, GoldenTensor>;

const int64s = (golden: Golden, name: string) => BigInt64Array.from(goldenIntegers(golden, name), BigInt);

/** The inputs of a graph over whole sequences. */
function sequenceInputs(golden: Golden, packed: boolean): Record<string, BigInt64Array> {
  const inputIds = int64s(golden, 'input_ids');
  if (!packed) return { inputIds };
  return { inputIds, segmentIds: int64s(golden, 'segment_ids'), positionIds: int64s(golden, 'position_ids') };
}

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
      const options = { batch, length, packed, gradientCheckpointing };
      const program = compileTraining(model, languageModelLoss, options);
      const { labels, mask, count } = shiftLabels(goldenIntegers(golden, 'labels'), batch, length);
      program.feed({ ...sequenceInputs(golden, packed), labels, lossWeights: mask.map((m) => m / count) });
      const optimizer = new AdamW(model.trained, ADAMW);
      const norm = new GradientNorm(model.trained);
      const losses: number[] = [];
      const norms: number[] = [];
      for (let step = 0; step < 10; step++) {
        await program.run();
        if (step === 0) {
          const gradients = withPrefix(golden, `grad.${prefix}`);
          const scale = Math.max(...[...gradients.values()].flatMap((data) => Array.from(data, Math.abs)));
          expect([...gradients.keys()].sort()).toEqual(model.trained.names.sort());
          for (const [parameter, data] of gradients) {
            expectClose(model.trained.gradient(parameter).floats, data, {
              rtol: 1e-5,
              name: parameter,
              scale,
            });
          }
        }
        losses.push(program.scalar('loss'));
        norms.push(await norm.compute());
        await optimizer.step({ learningRate: 1e-3, gradientScale: clipCoefficient(norms[step], 1) });
      }
      expectClose([losses[0]], goldenFloats(golden, 'loss'), { rtol: 1e-5, name: 'loss' });
      expectClose(losses, goldenFloats(golden, 'losses'), { rtol: 1e-5, name: 'losses' });
      expectClose(norms, goldenFloats(golden, 'grad_norms'), { rtol: 1e-5, name: 'gradient norms' });
      for (const [parameter, data] of withPrefix(golden, `final.${prefix}`)) {
        // The gradient of a key bias is rounding noise, which Adam amplifies to a full step (tools/golden/README.md).
        if (/k_proj\.bias|c_attn\.bias/.test(parameter)) continue;
        expectClose(model.trained.get(parameter).data, data, { rtol: 1e-4, name: parameter });
      }
    },
  );
});
