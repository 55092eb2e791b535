import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { buildTokenizer } from '@open-chatgpt/tokenizer';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

const THINKING =
  "{% for m in messages %}{{ '<|' + m.role + '|>' + m.content }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% if enable_thinking %}{{ enable_thinking }}{% endif %}{% endif %}";

/** vLLM's fields, which OpenAI's client does not know. */
interface Extras {
  prompt_logprobs?: (Record<string, { logprob: number; rank: number; decoded_token: string }> | null)[];
  prompt_token_ids?: number[];
  token_ids?: number[];
}

describe('the tokens of a prompt', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'inference-'));
    const plain = buildTokenizer('abcdefghijklmnopqrstuvwxyzTrue');
    const thinking = { ...plain, tokenizerConfig: { ...plain.tokenizerConfig, chat_template: THINKING } };
    const [tiny, thinker] = [
      await writeTinyModel(folder, 1),
      await writeTinyModel(folder, 2, { tokenizer: thinking, maxLength: 2304 }),
    ];
    service = await startWith({ INFERENCE_MODELS: `tiny=${tiny},thinker=${thinker}` });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  const complete = (more: object) =>
    client.completions.create({
      model: 'tiny',
      temperature: 0,
      ...more,
    } as OpenAI.CompletionCreateParamsNonStreaming);
  const chat = (more: object) =>
    client.chat.completions.create({
      model: 'tiny',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 0,
      max_tokens: 4,
      ...more,
    } as OpenAI.ChatCompletionCreateParamsNonStreaming);

  it('an evaluation harness reads the log-probabilities of a text, and nothing is generated', async () => {
    const { choices, usage } = await complete({ prompt: 'hello', echo: true, logprobs: 2, max_tokens: 0 });
    const [{ text, logprobs, finish_reason: reason }] = choices;
    expect([text, reason]).toEqual(['hello', 'length']);
    expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 });
    expect(logprobs).toMatchObject({ tokens: [...'hello'], text_offset: [0, 1, 2, 3, 4] });
    const { token_logprobs: logProbs = [], top_logprobs: top = [], tokens = [] } = logprobs!;
    expect([logProbs[0], top[0], logProbs.length, top.length]).toEqual([null, null, 5, 5]);
    for (let i = 1; i < 5; i++) {
      // What the model gives the token after the text before it.
      const prompt = 'hello'.slice(0, i);
      const next = await complete({ prompt, logprobs: 5, max_tokens: 1 });
      const [{ token_logprobs: best, tokens: names }] = next.choices.map((choice) => choice.logprobs!);
      expect(top[i][names![0]]).toBeCloseTo(best![0], 4);
      expect(top[i][tokens[i]]).toBe(logProbs[i]);
    }
  });

  it('the answer follows the prompt, in one text and with one list of tokens', async () => {
    const request = { prompt: 'good bye', max_tokens: 6, logprobs: 0 };
    const [alone] = (await complete(request)).choices;
    const [echoed] = (await complete({ ...request, echo: true })).choices;
    expect(echoed.text).toBe(`good bye${alone.text}`);
    expect(echoed.logprobs?.tokens).toEqual([...'good bye', ...(alone.logprobs?.tokens ?? [])]);
    expect(echoed.logprobs?.token_logprobs?.slice(8)).toEqual(alone.logprobs?.token_logprobs);
    expect(echoed.logprobs?.text_offset?.[8]).toBe(8);
    const streamed = { text: '', tokens: [] as string[], offsets: [] as number[] };
    const stream = await client.completions.create({
      ...request,
      model: 'tiny',
      temperature: 0,
      echo: true,
      stream: true,
    });
    for await (const { choices } of stream) {
      streamed.text += choices[0].text;
      streamed.tokens.push(...(choices[0].logprobs?.tokens ?? []));
      streamed.offsets.push(...(choices[0].logprobs?.text_offset ?? []));
    }
    const { tokens, text_offset: offsets } = echoed.logprobs!;
    expect(streamed).toEqual({ text: echoed.text, tokens, offsets });
  });

  it('echo goes with several prompts, choices and token ids, and needs no log-probabilities', async () => {
    const { choices } = await complete({ prompt: ['ab', 'cd'], n: 2, echo: true, max_tokens: 2, seed: 1 });
    expect(choices.map(({ text }) => text.slice(0, 2))).toEqual(['ab', 'ab', 'cd', 'cd']);
    const { prompt_token_ids: ids } = (
      await complete({ prompt: 'xyz', return_token_ids: true, max_tokens: 1 })
    ).choices[0] as Extras;
    const byIds = await complete({ prompt: ids, echo: true, max_tokens: 0 });
    expect(byIds.choices[0]).toMatchObject({ text: 'xyz', logprobs: null });
  });

  it('prompt_logprobs have the shape of vLLM, in both APIs', async () => {
    const { choices } = await complete({ prompt: 'hello', prompt_logprobs: 1, max_tokens: 0 });
    const { prompt_logprobs: ofText = [] } = choices[0] as Extras;
    const echoed = await complete({ prompt: 'hello', echo: true, logprobs: 1, max_tokens: 0 });
    expect(ofText).toHaveLength(5);
    expect(ofText[0]).toBeNull();
    ofText.slice(1).forEach((entry, i) => {
      const described = Object.values(entry ?? {});
      expect(described.map(({ rank }) => rank)).toContain(1);
      const own = described.find(({ decoded_token: text }) => text === 'hello'[i + 1]);
      expect(own?.logprob).toBe(echoed.choices[0].logprobs?.token_logprobs?.[i + 1]);
    });
    const answered = (await chat({ prompt_logprobs: 0 })) as OpenAI.ChatCompletion & Extras;
    expect(answered.prompt_logprobs).toHaveLength(answered.usage?.prompt_tokens ?? 0);
    expect(Object.keys(answered.prompt_logprobs?.[1] ?? {})).toHaveLength(1);
    expect(answered.choices).toEqual((await chat({})).choices);
  });

  it('return_token_ids gives the tokens of prompt and answer, whole and streamed', async () => {
    const whole = (await chat({ return_token_ids: true })) as OpenAI.ChatCompletion & Extras;
    const { token_ids: ids } = whole.choices[0] as Extras;
    expect(whole.prompt_token_ids).toHaveLength(whole.usage?.prompt_tokens ?? 0);
    expect(ids).toHaveLength(whole.usage?.completion_tokens ?? 0);
    const continued = await complete({
      prompt: whole.prompt_token_ids,
      max_tokens: 4,
      return_token_ids: true,
    });
    expect(continued.choices[0]).toMatchObject({ token_ids: ids, prompt_token_ids: whole.prompt_token_ids });
    const streamed: Required<Pick<Extras, 'token_ids' | 'prompt_token_ids'>> = {
      token_ids: [],
      prompt_token_ids: [],
    };
    const stream = await client.chat.completions.create({
      model: 'tiny',
      messages: [{ role: 'user', content: 'hi' }],
      temperature: 0,
      max_tokens: 4,
      stream: true,
      return_token_ids: true,
    } as OpenAI.ChatCompletionCreateParamsStreaming);
    for await (const chunk of stream) {
      streamed.prompt_token_ids.push(...((chunk as Extras).prompt_token_ids ?? []));
      streamed.token_ids.push(...((chunk.choices[0] as Extras).token_ids ?? []));
    }
    expect(streamed).toEqual({ token_ids: ids, prompt_token_ids: whole.prompt_token_ids });
  });

  it('truncate_prompt_tokens keeps the last tokens', async () => {
    const request = { prompt: 'hello', truncate_prompt_tokens: 2, return_token_ids: true, max_tokens: 3 };
    const cut = await complete({ ...request, echo: true });
    const same = await complete({ prompt: 'lo', return_token_ids: true, max_tokens: 3, echo: true });
    expect(cut.choices).toEqual(same.choices);
    expect(cut.usage?.prompt_tokens).toBe(2);
    expect((await chat({ truncate_prompt_tokens: 3 })).usage?.prompt_tokens).toBe(3);
    expect((await chat({ truncate_prompt_tokens: 300 })).usage).toEqual((await chat({})).usage);
  });

  it('best_of gives the answers whose tokens are the most probable', async () => {
    const request = { prompt: ['ab', 'cd'], seed: 3, temperature: 2, max_tokens: 6, logprobs: 0 };
    const mean = ({ logprobs }: OpenAI.CompletionChoice) =>
      logprobs!.token_logprobs!.reduce((sum, logProb) => sum + logProb, 0) / logprobs!.token_logprobs!.length;
    const all = (await complete({ ...request, n: 4 })).choices;
    const { choices, usage } = await complete({ ...request, n: 2, best_of: 4 });
    const expected = [all.slice(0, 4), all.slice(4)].flatMap((some) =>
      some.toSorted((a, b) => mean(b) - mean(a)).slice(0, 2),
    );
    expect(choices.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(usage?.completion_tokens).toBe(2 * 4 * 6);
  });

  it('chat_template_kwargs are variables of the template, and their text is never a special token', async () => {
    const asked = async (more: object) => (await chat({ model: 'thinker', ...more })).usage?.prompt_tokens;
    const plain = (await asked({})) ?? 0;
    expect(await asked({ chat_template_kwargs: { enable_thinking: false } })).toBe(plain);
    expect(await asked({ chat_template_kwargs: { enable_thinking: true } })).toBe(plain + 'True'.length);
    const special = await asked({ chat_template_kwargs: { enable_thinking: '</s>' } });
    expect(special).toBeGreaterThan(plain + 1);
    const kept = await asked({
      messages: [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: 'a' },
      ],
      continue_final_message: true,
      chat_template_kwargs: { enable_thinking: false },
    });
    expect(kept).toBe(plain + 1);
  });

  it('an answer has at most 2,048 tokens where neither the request nor the model names a length', async () => {
    const { usage } = await chat({ model: 'thinker', max_tokens: undefined, ignore_eos: true });
    expect(usage?.completion_tokens).toBe(2048);
  });

  it.each<[string, object, string]>([
    ['nothing to do', { max_tokens: 0 }, 'max_tokens'],
    ['a stream', { prompt_logprobs: 1, stream: true }, 'prompt_logprobs'],
    ['too many', { prompt_logprobs: 21 }, 'prompt_logprobs'],
    ['fewer than n', { best_of: 1, n: 2 }, 'best_of'],
    ['a choice in a stream', { best_of: 2, stream: true }, 'best_of'],
    ['no tokens', { truncate_prompt_tokens: 0 }, 'truncate_prompt_tokens'],
  ])('gets an error that names the field: %s', async (_, more, param) => {
    await expect(complete({ prompt: 'hello', ...more })).rejects.toMatchObject({ status: 400, param });
  });

  it.each([
    [{ messages: [] }, /the server sets messages/],
    [{ 'a.b': 1 }, /expected names of variables|Invalid key/],
    [{ enable_thinkin: 1 }, /has no variable "enable_thinkin"/],
  ])('refuses variables that it sets, or that the template does not have: %j', async (variables, message) => {
    await expect(chat({ model: 'thinker', chat_template_kwargs: variables })).rejects.toMatchObject({
      status: 400,
      param: expect.stringContaining('chat_template_kwargs'),
      message: expect.stringMatching(message),
    });
  });
});
