import type { PreferenceExample } from './examples';
import { splitByPrompt } from './split-by-prompt';

const pair = (prompt: string, chosen: string): PreferenceExample => ({
  prompt: [{ role: 'user', content: prompt }],
  chosen,
  rejected: 'no',
});
const examples = Array.from({ length: 2000 }, (_, i) => pair(`p${i % 1000}`, `a${i}`));
const prompts = (side: PreferenceExample[]) => new Set(side.map((example) => example.prompt[0].content));

describe('splitByPrompt', () => {
  const split = splitByPrompt(examples, 0.1, 7);

  it('has no prompt on both sides, loses nothing, and meets the fraction', () => {
    const train = prompts(split.train);
    expect([...prompts(split.eval)].filter((prompt) => train.has(prompt))).toEqual([]);
    expect(split.train.length + split.eval.length).toBe(2000);
    expect(Math.abs(split.eval.length / 2000 - 0.1)).toBeLessThan(0.03);
  });

  it('depends on the seed, and not on order or on what else there is', () => {
    expect(prompts(splitByPrompt(examples, 0.1, 8).eval)).not.toEqual(prompts(split.eval));
    const part = splitByPrompt(examples.slice(0, 500).reverse(), 0.1, 7);
    for (const prompt of prompts(part.eval)) expect(prompts(split.eval)).toContain(prompt);
  });

  it('goes by what precedes the first answer', () => {
    const long = [1, 2, 3].map((n) => ({
      messages: [
        { role: 'user' as const, content: 'same' },
        { role: 'assistant' as const, content: `answer ${n}` },
      ],
    }));
    const { train, eval: held } = splitByPrompt(long, 0.5, 1);
    expect([train.length, held.length]).toEqual([3, 0]);
  });

  it('gives each side a prompt when there are two', () => {
    for (let seed = 0; seed < 20; seed++) {
      for (const fraction of [0.01, 0.99]) {
        const { train, eval: held } = splitByPrompt([pair('a', '1'), pair('b', '2')], fraction, seed);
        expect([train.length, held.length]).toEqual([1, 1]);
      }
    }
    expect(splitByPrompt(examples, 0, 1).eval).toEqual([]);
    expect(splitByPrompt([], 0.5, 1)).toEqual({ train: [], eval: [] });
  });

  it.each([-0.1, 1, Number.NaN])('refuses the fraction %p', (fraction) => {
    expect(() => splitByPrompt(examples, fraction, 1)).toThrow(/expected at least 0 and below 1/);
  });
});
