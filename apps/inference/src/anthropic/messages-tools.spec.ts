import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { buildTokenizer, type Tokenizer } from '@open-chatgpt/tokenizer';
import type { Ending } from '../openai/response-format';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';
import { AnswerReaders } from '../tools/answer-reader';
import { MessagesFormat } from './messages-format';

const ASCII = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))];
/** Hermes' form, with thoughts that the template shows and never begins. */
const TEMPLATE =
  "{% for tool in tools or [] %}{{ '<|system|>' + (tool | tojson) }}{% endfor %}" +
  "{% for m in messages %}{{ '<|' + m.role + '|>' + (m.content or '') }}" +
  "{% if m.reasoning_content %}{{ '<think>' + m.reasoning_content + '</think>' }}{% endif %}" +
  "{% for c in m.tool_calls or [] %}{{ '<tool_call>\\n' + (c.function | tojson) + '\\n</tool_call>' }}{% endfor %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

const TOOLS: Anthropic.Tool[] = ['weather', 'news'].map((name) => ({
  name,
  description: `the ${name} of a day`,
  input_schema: {
    type: 'object',
    properties: { day: { enum: ['today', 'tomorrow'] } },
    required: ['day'],
  },
}));

describe("tools of Anthropic's messages", () => {
  let folder: string;
  let service: RunningInference;
  let client: Anthropic;
  const request = (more: object = {}) =>
    ({
      model: 'hermes',
      max_tokens: 200,
      temperature: 0,
      messages: [{ role: 'user', content: 'hi' }],
      tools: TOOLS,
      ...more,
    }) as Anthropic.MessageCreateParamsNonStreaming;
  const once = { tool_choice: { type: 'any', disable_parallel_tool_use: true } };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'messages-'));
    const plain = buildTokenizer(ASCII);
    const tokenizer = { ...plain, tokenizerConfig: { ...plain.tokenizerConfig, chat_template: TEMPLATE } };
    const path = await writeTinyModel(folder, 1, { tokenizer, maxLength: 2048 });
    service = await startWith({ INFERENCE_MODELS: `hermes=${path}` });
    await service.loaded();
    client = new Anthropic({ baseURL: service.url, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  it('a call that must come is a block, whole and streamed', async () => {
    const { content, stop_reason: reason } = await client.messages.create(request(once));
    expect([content.length, reason]).toEqual([1, 'tool_use']);
    const [use] = content as Anthropic.ToolUseBlock[];
    expect(['weather', 'news']).toContain(use.name);
    expect(['today', 'tomorrow']).toContain((use.input as { day: string }).day);
    const stream = client.messages.stream(request(once));
    const pieces: string[] = [];
    stream.on('inputJson', (piece) => pieces.push(piece));
    const streamed = await stream.finalMessage();
    expect(pieces.length).toBeGreaterThan(1);
    expect(JSON.parse(pieces.join(''))).toEqual(use.input);
    expect(streamed.stop_reason).toBe('tool_use');
    expect(streamed.content).toMatchObject([{ type: 'tool_use', name: use.name, input: use.input }]);
  });

  it('a tool that is chosen is called, and none calls nothing', async () => {
    const chosen = await client.messages.create(request({ tool_choice: { type: 'tool', name: 'news' } }));
    expect(chosen.content).toMatchObject([{ type: 'tool_use', name: 'news' }]);
    const none = await client.messages.create(request({ tool_choice: { type: 'none' }, max_tokens: 8 }));
    const without = await client.messages.create(request({ tools: [], max_tokens: 8 }));
    expect(none.content).toEqual(without.content);
    expect(none.usage).toEqual(without.usage);
  });

  it('calls, their results and thoughts go back to the template', async () => {
    const { content } = await client.messages.create(request(once));
    const [use] = content as Anthropic.ToolUseBlock[];
    const count = async (assistant: object[], result: string) => {
      const results = [
        { type: 'tool_result', tool_use_id: use.id, content: [{ type: 'text', text: result }] },
      ];
      const messages = [
        { role: 'user', content: 'hi' },
        { role: 'assistant', content: assistant },
        { role: 'user', content: [...results, { type: 'text', text: 'and?' }] },
      ];
      const { model, tools } = request();
      return (
        await client.messages.countTokens({ model, tools, messages } as Anthropic.MessageCountTokensParams)
      ).input_tokens;
    };
    const dry = await count([use], 'dry');
    expect(await count([use], 'drier')).toBe(dry + 2);
    const thought = { type: 'thinking', thinking: 'why', signature: '' };
    expect(await count([thought, use], 'dry')).toBe(dry + '<think>why</think>'.length);
  });

  it.each<[string, object, RegExp]>([
    ['an unknown tool', { tool_choice: { type: 'tool', name: 'x' } }, /no function "x"/],
    ['a tool of the server', { tools: [{ type: 'web_search_20250305', name: 'x' }] }, /runs no tools itself/],
    [
      'a call without its result',
      {
        messages: [
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'news', input: {} }] },
        ],
      },
      /add a message of the user with its tool_result/,
    ],
  ])('gets an error that says what is wrong: %s', async (_, more, text) => {
    const error = await client.messages.create(request(more)).catch((reason) => reason);
    expect(error).toMatchObject({ status: 400, error: { error: { type: 'invalid_request_error' } } });
    expect(error.error.error.message).toMatch(text);
  });
});

describe('MessagesFormat', () => {
  const prompt = { ids: [1, 2], logProbs: null };
  const ending: Ending = { finishReason: 'stop', stopString: null, tokens: [] };
  const usage = {
    prompt_tokens: 2,
    completion_tokens: 9,
    total_tokens: 11,
    prompt_tokens_details: { cached_tokens: 0 },
  };
  const answer = '<think>why</think>\n\nso <tool_call>{"name": "f", "arguments": {"a": 1}}</tool_call>';
  const made = () => {
    const tokenizer = { decode: async () => 'hi' } as unknown as Tokenizer;
    const form = { thinks: true, functions: new Set(['f']) };
    return new MessagesFormat('m', [], new AnswerReaders({ tokenizer }, form));
  };

  it('has thoughts, text and calls in separate blocks, whole and streamed', async () => {
    const choice = { ...ending, prompt, text: answer, deltas: [], logProbs: new Float32Array(0) };
    const blocks = [
      { type: 'thinking', thinking: 'why', signature: '' },
      { type: 'text', text: 'so ' },
      { type: 'tool_use', name: 'f', input: { a: 1 } },
    ];
    expect(await made().response([choice], usage)).toMatchObject({
      content: blocks,
      stop_reason: 'tool_use',
    });

    const format = made();
    const events = [await format.firstChunk(0, prompt)];
    for (const text of answer) events.push(...(await format.deltaChunk({ index: 0, text, tokens: [] })));
    events.push(...format.lastChunk(0, ending), ...format.usageChunk(usage));
    type Event = { type: string; index: number; content_block: object; delta: Record<string, string> };
    const all = events as Event[];
    const of = (type: string) => all.filter((event) => event.type === type);
    expect(of('content_block_start').map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(of('content_block_stop').map(({ index }) => index)).toEqual([0, 1, 2]);
    const grown = (index: number, field: string) =>
      of('content_block_delta')
        .filter((event) => event.index === index)
        .map(({ delta }) => delta[field])
        .join('');
    expect([grown(0, 'thinking'), grown(1, 'text'), grown(2, 'partial_json')]).toEqual([
      'why',
      'so ',
      '{"a": 1}',
    ]);
    expect(all.at(-2)).toMatchObject({ type: 'message_delta', delta: { stop_reason: 'tool_use' } });
  });

  it('has the text of arguments that are cut', async () => {
    const text = '<tool_call>{"name": "f", "arguments": {"a": "x';
    const choice = {
      ...ending,
      finishReason: 'length' as const,
      prompt,
      text,
      deltas: [],
      logProbs: new Float32Array(0),
    };
    expect(await made().response([choice], usage)).toMatchObject({
      content: [{ type: 'tool_use', name: 'f', input: { INVALID_JSON: '{"a": "x' } }],
      stop_reason: 'max_tokens',
    });
    const format = made();
    await format.firstChunk(0, prompt);
    const grown = await format.deltaChunk({ index: 0, text, tokens: [] });
    expect([...grown, ...format.lastChunk(0, choice)]).toMatchObject([
      { type: 'content_block_start', index: 0, content_block: { type: 'tool_use', name: 'f', input: {} } },
      { type: 'content_block_delta', index: 0, delta: { partial_json: '{"a": "x' } },
      { type: 'content_block_stop', index: 0 },
    ]);
  });
});
