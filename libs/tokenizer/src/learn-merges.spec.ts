import { buildTokenizer } from './build-tokenizer';
import { learnMerges } from './learn-merges';
import { loadTokenizer } from './load-tokenizer';

describe('learnMerges', () => {
  it('joins the most frequent pair first, and on equal terms the first in order', () => {
    // Sennrich et al. 2016, algorithm 1, on its own example without end-of-word markers.
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

  it('counts the pairs of a repeated symbol as they are joined', () => {
    expect(learnMerges(['aaaa', 'aaaa'], 3)).toEqual([
      ['a', 'a'],
      ['aa', 'aa'],
    ]);
  });

  it('never joins across words, digits or punctuation, but a blank with the word behind it', () => {
    const merges = learnMerges(['12, 12 ab', '12, 12 ab'], 10).map((pair) => pair.join(''));
    expect(merges).toEqual([' a', ' ab']);
  });

  it.each([0, -3])('room for %d makes none', (limit) => {
    expect(learnMerges(['abab', 'abab'], limit)).toEqual([]);
  });

  it('makes a tokenizer that the Hugging Face library reads, and that gives every text back', async () => {
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
