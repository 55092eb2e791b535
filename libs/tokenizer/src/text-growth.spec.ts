import { buildTokenizer } from './build-tokenizer';
import { loadTokenizer } from './load-tokenizer';
import type { TokenizerFiles } from './tokenizer';

function changed(fields: Record<string, unknown>): TokenizerFiles {
  const files = buildTokenizer('ab ');
  return { ...files, tokenizerJson: JSON.stringify({ ...JSON.parse(files.tokenizerJson), ...fields }) };
}

const replace = (from: string, content: string) => ({ type: 'Replace', pattern: { String: from }, content });
const sequence = (kind: string, steps: unknown[]) => ({ type: 'Sequence', [kind]: steps });

describe('the length of a text in a tokenizer', () => {
  it.each([
    ['a long replacement', 'normalizer', replace('a', 'a'.repeat(101))],
    ['a long beginning', 'normalizer', { type: 'Prepend', prepend: 'a'.repeat(1000) }],
    [
      'replacements of replacements',
      'normalizer',
      sequence('normalizers', Array(30).fill(replace('a', 'aa'))),
    ],
    [
      'sequences in sequences',
      'normalizer',
      sequence('normalizers', Array(3).fill(sequence('normalizers', Array(3).fill(replace('a', 'aa'))))),
    ],
    ['a decoder', 'decoder', sequence('decoders', Array(30).fill(replace('a', 'aa')))],
  ])('is bounded: %s', async (_, part, step) => {
    await expect(loadTokenizer(changed({ [part]: step }))).rejects.toThrow(
      new RegExp(`^tokenizer\\.json: "${part}" can make a text .* times as long`),
    );
  });

  it('is that of the text, however the file cut or filled up texts before', async () => {
    const tokenizer = await loadTokenizer(changed({}));
    const strategy = { direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '<pad>' };
    const filled = await loadTokenizer(
      changed({
        truncation: { direction: 'Right', max_length: 1, strategy: 'LongestFirst', stride: 0 },
        padding: { ...strategy, strategy: { Fixed: 2 ** 32 - 1 }, pad_to_multiple_of: 2 ** 30 },
      }),
    );
    for (const text of ['ab', 'a b a b'])
      expect(await filled.encode(text)).toEqual(await tokenizer.encode(text));
    expect(await filled.encodeBatch(['a', 'a b'])).toEqual(await tokenizer.encodeBatch(['a', 'a b']));
  });
});
