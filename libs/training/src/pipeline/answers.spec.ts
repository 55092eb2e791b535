import { exactMatch, type HeldOutPrompt, samplesOf } from './answers';

const asked = (content: string, answer: string, taskLanguage?: 'en'): HeldOutPrompt => ({
  example: { messages: [{ role: 'user', content }], answer, taskLanguage },
  ids: [],
});

describe('samples of held-out prompts', () => {
  it('have the reference and whether the response is right, each prompt once', () => {
    const prompts = [asked('1+1?', '2', 'en'), asked('1+1?', '2', 'en'), asked('2+2?', '4', 'en')];
    const responses = ['2', '2', 'Gladly: 5.'];
    expect(samplesOf(prompts, responses, 2, [0.5, 0.5, Number.NaN])).toEqual([
      { prompt: '1+1?', response: '2', reference: '2', right: true, reward: 0.5 },
      { prompt: '2+2?', response: 'Gladly: 5.', reference: '4', right: false },
    ]);
    // The measure still counts every prompt.
    expect(exactMatch(prompts, responses)).toEqual({ exactMatch: 2 / 3 });
  });

  it('say nothing of right and wrong where an answer cannot be checked', () => {
    const prompts = [asked('Why is the sky blue?', 'Because …')];
    expect(samplesOf(prompts, ['Rayleigh.'], 4)).toEqual([
      { prompt: 'Why is the sky blue?', response: 'Rayleigh.', reference: 'Because …' },
    ]);
    expect(exactMatch(prompts, ['Rayleigh.'])).toEqual({});
  });
});
