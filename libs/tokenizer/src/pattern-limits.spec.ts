import { buildTokenizer } from './build-tokenizer';
import { loadTokenizer } from './load-tokenizer';

function withPattern(Regex: string) {
  const files = buildTokenizer('ab ');
  const pre_tokenizer = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false };
  return { ...files, tokenizerJson: JSON.stringify({ ...JSON.parse(files.tokenizerJson), pre_tokenizer }) };
}

describe('a pattern of a tokenizer', () => {
  it.each([
    [
      'LLaMA 3',
      "(?i:'s|'t|'re)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ],
    [
      'GPT-4o',
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{M}]*[\\p{Ll}\\p{M}]+(?i:'s|'t)?| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s+",
    ],
    ['BLOOM', ' ?[^(\\s|[.,!?…。，、।۔،])]+'],
    ['DeepSeek', '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+| ?[\\p{P}\\p{S}]+[\\r\\n]*'],
  ])('as that of %s is read', async (_, pattern) => {
    expect(await (await loadTokenizer(withPattern(pattern))).encode('ab ab')).not.toHaveLength(0);
  });

  it.each([
    ['(a+)+$', 'a group that is repeated'],
    ['(?:a|a){2,}b', 'a group that is repeated'],
    ['a*a*a*$', 'more than 2 repetitions in a row'],
    ['a{1,}(|x)a+(|x)a*b', 'more than 2 repetitions in a row'],
    ['(a+)\\1$', 'a reference to a group'],
  ])('that can take very long is refused: %s', async (pattern, problem) => {
    await expect(loadTokenizer(withPattern(pattern))).rejects.toThrow(
      `tokenizer.json: the pattern ${JSON.stringify(pattern)} has ${problem}`,
    );
  });
});
