import { expectClose, goldenFloats, goldenIntegers, readGolden } from '@open-chatgpt/testing';
import { goldenFolder, goldenModel } from '../testing/golden-model';
import { TextEmbedder } from './text-embedder';

const NAME = 'llama-gqa-tied';

describe('TextEmbedder', () => {
  const golden = readGolden(goldenFolder(NAME));
  const [, length] = golden.get('input_ids')!.shape;
  const ids = goldenIntegers(golden, 'input_ids').slice(0, length).map(Number);

  it('gives the hidden state from which PyTorch computes the next logits, whatever the text is padded to', async () => {
    const model = await goldenModel(NAME);
    const embedder = new TextEmbedder(model);
    const { vocabSize, hiddenSize } = model.config;
    const table = model.trained.get('model.embed_tokens.weight').data;
    const logits = goldenFloats(golden, 'logits');
    for (const used of [1, length - 1]) {
      const vector = await embedder.embed(ids.slice(0, used), 'last');
      const product = Float32Array.from({ length: vocabSize }, (_, token) => {
        const row = table.subarray(token * hiddenSize, (token + 1) * hiddenSize);
        return row.reduce((sum, weight, i) => sum + weight * vector[i], 0);
      });
      const expected = logits.slice((used - 1) * vocabSize, used * vocabSize);
      expectClose(product, expected, { rtol: 1e-5, name: `logits after ${used} tokens` });
    }
  });

  it('takes the mean over the tokens of the text alone, also for concurrent texts', async () => {
    const embedder = new TextEmbedder(await goldenModel(NAME));
    const text = ids.slice(0, 3);
    const last = await Promise.all(text.map((_, i) => embedder.embed(text.slice(0, i + 1), 'last')));
    const mean = last[0].map((value, i) => (value + last[1][i] + last[2][i]) / 3);
    expectClose(await embedder.embed(text, 'mean'), mean, { rtol: 1e-5, name: 'mean' });
  });
});
