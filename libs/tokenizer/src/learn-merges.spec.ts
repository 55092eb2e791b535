import { buildTokenizer } from './build-tokenizer';
import { learnMerges } from './learn-merges';
import { loadTokenizer } from './load-tokenizer';

describe('learnMerges', () => {
  it('merges the most frequent pair first, and of equal pairs the first in order', () => {
    // The example of Sennrich et al. 2016, algorithm 1, without end-of-word markers.
    const words = { low: 5, lower: 2, newest: 6, widest: 3 };
    const texts = Object.entries(words).flatMap(([word, count]) => Array(count).fill(word));
    expect(learnMerges(texts, 5)).toEqual([
      ['e', 's'],
      ['es', 't'],
      ['l', 'o'],
      ['lo', 'w'],
      ['e', 'w'],
    ]);
  });

  it('counts the pairs of a repeated symbol like merges apply to them', () => {
    expect(learnMerges(['aaaa', 'aaaa'], 3)).toEqual([
      ['a', 'a'],
      ['aa', 'aa'],
    ]);
  });

  it('never merges across words, digits or punctuation, except a blank with the following word', () => {
    const merges = learnMerges(['12, 12 ab', '12, 12 ab'], 10).map((pair) => pair.join(''));
    expect(merges).toEqual([' a', ' ab']);
  });

  it.each([0, -3])('a limit of %d learns none', (limit) => {
    expect(learnMerges(['abab', 'abab'], limit)).toEqual([]);
  });

  it('builds a tokenizer that the Hugging Face library reads, and that restores every text', async () => {
    const texts = ['the cat sat on the mat, 12 times', '猫在垫子上，猫在睡觉'];
    const merges = learnMerges([...texts, ...texts], 40);
    const tokenizer = await loadTokenizer(buildTokenizer(texts.join(''), { merges }));
    for (const text of [...texts, 'tthe  matcat 21']) {
      const ids = await tokenizer.encode(text);
      expect(await tokenizer.decode(ids)).toBe(text);
    }
    expect(await tokenizer.encode(' the')).toHaveLength(1);
    expect(await tokenizer.encode('12')).toHaveLength(2);
  });
});
