import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { buildTokenizer } from '@open-chatgpt/tokenizer';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

/** Begins thoughts where the request says so, and shows earlier ones. */
const THINKING =
  "{% for m in messages %}{{ '<|' + m.role + '|>' }}" +
  "{% if m.reasoning_content %}{{ '<think>' + m.reasoning_content + '</think>' }}{% endif %}{{ m.content }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% if thinking %}{{ '<think>\\n' }}{% endif %}{% endif %}";

type Thinking = { reasoning_content?: string };

describe('reasoning', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'inference-'));
    const plain = buildTokenizer('\nabcdefghijklmnopqrstuvwxyz<>/|');
    const tokenizer = { ...plain, tokenizerConfig: { ...plain.tokenizerConfig, chat_template: THINKING } };
    const path = await writeTinyModel(folder, 1, { tokenizer });
    service = await startWith({ INFERENCE_MODELS: `thinker=${path}` });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  const request = (more: object) => ({
    model: 'thinker',
    messages: [{ role: 'user' as const, content: 'hi' }],
    temperature: 0,
    max_tokens: 8,
    ignore_eos: true,
    ...more,
  });
  const ask = (more: object) =>
    client.chat.completions.create(request(more) as OpenAI.ChatCompletionCreateParamsNonStreaming);
  const thinking = { chat_template_kwargs: { thinking: true } };

  it('what follows the beginning of thoughts in the prompt is reasoning, whole and streamed', async () => {
    const { choices } = await ask({ ...thinking, logprobs: true });
    const { content, reasoning_content: reasoning } = choices[0].message as { content: string } & Thinking;
    const tokens = choices[0].logprobs?.content?.map(({ token }) => token) ?? [];
    const said = tokens.filter((token) => token !== '<unk>').join('');
    expect([content, reasoning]).toEqual(['', said.trimEnd()]);
    const streamed = { reasoning: '', text: '' };
    const stream = await client.chat.completions.create({ ...request(thinking), stream: true });
    for await (const { choices } of stream) {
      streamed.reasoning += (choices[0].delta as Thinking).reasoning_content ?? '';
      streamed.text += choices[0].delta.content ?? '';
    }
    expect(streamed).toEqual({ reasoning, text: '' });
  });

  it('an answer without thoughts, or with a structure, is text', async () => {
    const free = await ask({});
    expect(Object.keys(free.choices[0].message)).toEqual(['role', 'content', 'refusal']);
    const structured = await ask({ ...thinking, guided_choice: ['yes', 'no'] });
    expect(['yes', 'no']).toContain(structured.choices[0].message.content);
  });

  it('thoughts of earlier answers go to the template', async () => {
    const turns = (more: object) => [
      { role: 'user', content: 'hi' },
      { role: 'assistant', content: 'a', ...more },
      { role: 'user', content: 'b' },
    ];
    const tokens = async (more: object) => (await ask({ messages: turns(more) })).usage?.prompt_tokens ?? 0;
    const without = await tokens({});
    expect(await tokens({ reasoning_content: null })).toBe(without);
    expect(await tokens({ reasoning_content: 'why' })).toBe(without + '<think>why</think>'.length);
  });
});
