import { createGenerator } from './generator';
import { promptLogProbs } from './prompt-log-probs';
import { goldenModel } from './testing/golden-model';

const PROMPT = [5, 9, 3, 40, 12, 12, 7];

describe('promptLogProbs', () => {
  it('gives each token what the model gives it after the tokens before it', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    const events = await promptLogProbs(generator, PROMPT, { topLogProbs: 3 });
    expect(events.map(({ token }) => token)).toEqual(PROMPT.slice(1));
    for (const [i, { token, logProb, top }] of events.entries()) {
      const prompts = [PROMPT.slice(0, i + 1)];
      const everyToken = generator.model.config.vocabSize;
      let expected = Number.NaN;
      await generator.generate({
        prompts,
        maxNewTokens: 1,
        doSample: false,
        topLogProbs: everyToken,
        onToken: (event) => {
          expected = event.top.find((one) => one.token === token)!.logProb;
          expect(top.map((one) => one.token)).toEqual(event.top.slice(0, 3).map((one) => one.token));
        },
      });
      expect(logProb).toBeCloseTo(expected, 4);
    }
    const { sum } = await generator.logLikelihood([PROMPT]);
    expect(events.reduce((total, { logProb }) => total + logProb, 0)).toBeCloseTo(sum, 4);
  });

  it('has nothing to say of a single token, and stops on abort', async () => {
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    expect(await promptLogProbs(generator, [5])).toEqual([]);
    const signal = AbortSignal.abort(new Error('gone'));
    await expect(promptLogProbs(generator, PROMPT, { signal })).rejects.toThrow('gone');
  });
});
