import { buildTokenizer, loadTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import { createGenerator, type Generator } from '../generator';
import type { GenerateOptions, Generation } from '../options/generate-options';
import { goldenModel } from '../testing/golden-model';
import { generateText } from './generate-text';

const EOS = 256;

/** Tokens are bytes; 256 is EOS; 257 is a padding token that the model does not have. */
const bytes = {
  vocabSize: 258,
  specialTokens: ['<eos>', '<pad>'],
  idToToken: (id: number) => (id < 256 ? `${id}` : id === EOS ? '<eos>' : '<pad>'),
  encode: async (text: string) => [...Buffer.from(text)],
  decode: async (ids: readonly number[]) =>
    new TextDecoder().decode(Uint8Array.from(ids.filter((id) => id < 256))),
} as unknown as Tokenizer;

/** Returns fixed tokens for each prompt, with the interface of `Generator.generate`. */
function scripted(...answers: string[]): Generator {
  return {
    kvCacheBytes: 0,
    logLikelihood: () => Promise.reject(new Error('not used')),
    speculationCounts: { drafts: 0, draftTokens: 0, acceptedTokens: 0 },
    load: { running: 0, waiting: 0 },
    model: { config: { vocabSize: 257, eosTokenIds: [EOS] } } as Generator['model'],
    generate: (options: GenerateOptions) =>
      Promise.all(
        options.prompts.map(async (_, index): Promise<Generation> => {
          const tokens: number[] = [];
          let finishReason: Generation['finishReason'] = 'length';
          for (const token of [...Buffer.from(answers[index]), EOS].slice(0, options.maxNewTokens)) {
            tokens.push(token);
            if (token === EOS) finishReason = 'stop';
            if ((await options.onToken?.({ index, token, logProb: -1, top: [] })) === true) {
              finishReason = 'stop';
              break;
            }
          }
          const generation = {
            tokens,
            logProbs: new Float32Array(tokens.length),
            finishReason,
            cachedTokens: 0,
          };
          await options.onFinish?.({ index, ...generation });
          return generation;
        }),
      ),
  };
}

async function ask(answer: string, options: Partial<Parameters<typeof generateText>[2]> = {}) {
  const pieces: string[] = [];
  const onText = ({ text }: { text: string }) => void pieces.push(text);
  const request = { prompts: ['hi'], maxNewTokens: 100, onText, ...options };
  const [result] = await generateText(scripted(answer), bytes, request);
  return { ...result, pieces };
}

describe('generateText', () => {
  it('names the token of a prompt that has no embedding', async () => {
    const larger = { ...bytes, vocabSize: 300, idToToken: (id: number) => `<${id}>` };
    const request = { prompts: [[97, 260]], maxNewTokens: 5 };
    await expect(generateText(scripted('a'), larger, request)).rejects.toThrow(
      'prompt 0 contains the token "<260>" (id 260 of tokenizer.json), but the embeddings of the model have 257 rows',
    );
  });

  it('returns text in whole characters, without the EOS token', async () => {
    const { text, pieces, finishReason, tokens, promptTokens } = await ask('é你!');
    expect([text, pieces, finishReason, promptTokens]).toEqual(['é你!', ['é', '你', '!'], 'stop', 2]);
    expect(tokens).toHaveLength(2 + 3 + 1 + 1);
  });

  it('shows a truncated character as U+FFFD', async () => {
    const { text, finishReason } = await ask('a你', { maxNewTokens: 3 });
    expect([text, finishReason]).toEqual(['a\uFFFD', 'length']);
  });

  it('ends at a stop string that spans tokens and characters, and stops the generation', async () => {
    const { text, pieces, finishReason, tokens } = await ask('你好 – ok –停 never', { stop: ['–停', '\n'] });
    expect(text).toBe('你好 – ok ');
    expect(pieces.join('')).toBe(text);
    expect(finishReason).toBe('stop');
    expect(tokens).toHaveLength(Buffer.byteLength('你好 – ok –停'));
  });

  it('emits the beginning of a stop string at the end of the answer', async () => {
    const { text, finishReason } = await ask('the EN', { stop: ['END'], maxNewTokens: 6 });
    expect([text, finishReason]).toEqual(['the EN', 'length']);
  });

  it('does not show a stop token that has a text', async () => {
    const { text } = await ask('a.b', { stopTokenIds: [46] });
    expect(text).toBe('ab');
  });

  it('truncates a complete answer of beam search', async () => {
    const { text, pieces, finishReason } = await ask('one. two', { numBeams: 3, stop: ['.'] });
    expect([text, pieces.join(''), finishReason]).toEqual(['one', 'one', 'stop']);
  });

  it('separates several answers', async () => {
    const request = { prompts: ['a', [1, 2, 3], 'c'], maxNewTokens: 50, stop: ['x'] };
    const results = await generateText(scripted('one', 'two x', 'th'), bytes, request);
    expect(results.map(({ text, promptTokens }) => [text, promptTokens])).toEqual([
      ['one', 1],
      ['two ', 3],
      ['th', 1],
    ]);
  });

  it.each([1, 3])('decodes the answers of a model: %d beams', async (numBeams) => {
    const tokenizer = await loadTokenizer(buildTokenizer('abcdefghijklmnopqrstuvwxyz .,!?-ABCDEFGHI'));
    const generator = createGenerator(await goldenModel('llama-gqa-tied'));
    expect(tokenizer.vocabSize).toBe(48);
    const request = { prompts: ['hello', 'a b'], maxNewTokens: 12, numBeams, stopTokenIds: [] };
    for (const { text, tokens } of await generateText(generator, tokenizer, request)) {
      expect(text).toBe(await tokenizer.decode(tokens, { skipSpecialTokens: true }));
      expect(text).not.toBe('');
    }
  });
});
