import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@open-chatgpt/cache';
import { fetchBuiltinModel } from '@open-chatgpt/download';
import { Tokenizer } from 'tokenizers';
import type { ModelFiles } from '../huggingface/model-files';
import { openModel } from '../huggingface/open-model';
import { elementCount } from '../weights/weight-source';

interface Golden {
  tensors: { name: string; stride: number; values: number[]; sum: number }[];
  texts: { text: string; ids: number[] }[];
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'smollm2.json'), 'utf8'));

const inCI = process.env['CI'] === 'true';
const isCached = existsSync(join(cacheFolder('models'), 'SmolLM2-135M-Instruct.Q4_1.gguf'));
if (!inCI && !isCached)
  console.warn('SmolLM2 is not in the cache: its spec is skipped. Run: node tools/models/fetch-smollm2.mjs');

(inCI || isCached ? describe : describe.skip)('SmolLM2-135M-Instruct', () => {
  let model: ModelFiles;
  beforeAll(async () => {
    model = await openModel(await fetchBuiltinModel('smollm2-135m-instruct'));
  }, 300_000);
  afterAll(() => model?.close());

  it('has its configuration', () => {
    expect(model.config).toMatchObject({
      family: 'llama',
      numHiddenLayers: 30,
      hiddenSize: 576,
      numAttentionHeads: 9,
      numKeyValueHeads: 3,
      intermediateSize: 1536,
      vocabSize: 49152,
      ropeTheta: 100000,
      normEps: 1e-5,
      tieWordEmbeddings: true,
    });
  });

  it.each(golden.tensors)(
    'has the same weights as in transformers: $name',
    async ({ name, stride, values, sum }) => {
      const { shape } = model.weights.tensors().find((tensor) => tensor.name === name)!;
      const weights = new Float32Array(elementCount(shape));
      await model.weights.read(name, weights);
      expect(values.map((_, i) => weights[i * stride])).toEqual(values.map(Math.fround));
      let total = 0;
      for (const weight of weights) total += weight;
      expect(total).toBeCloseTo(sum, 6);
    },
  );

  it('has a tokenizer with the same ids as in transformers', async () => {
    const tokenizer = Tokenizer.fromString(model.tokenizer!.tokenizerJson);
    for (const { text, ids } of golden.texts)
      expect([...(await tokenizer.encode(text)).getIds()]).toEqual(ids);
  });
});
