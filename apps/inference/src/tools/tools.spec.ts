import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hermesTokenizer, writeTinyModel } from '@open-chatgpt/models/testing';
import { buildTokenizer } from '@open-chatgpt/tokenizer';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';

const ASCII = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))];
const TOOLS: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'the weather of a day',
      parameters: {
        type: 'object',
        properties: { day: { $ref: '#/$defs/day' } },
        required: ['day'],
        $defs: { day: { enum: ['today', 'tomorrow'] } },
      },
    },
  },
  {
    type: 'function',
    function: {
      name: 'add',
      parameters: {
        type: 'object',
        properties: { a: { $ref: '#/$defs/day' } },
        required: ['a'],
        $defs: { day: { type: 'integer', minimum: 0, maximum: 9 } },
      },
    },
  },
];

describe('tools', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;
  const user = { role: 'user' as const, content: 'hi' };
  const request = (more: object) => ({
    model: 'hermes',
    messages: [user],
    tools: TOOLS,
    max_tokens: 300,
    seed: 2,
    ...more,
  });
  const asked = async (more: object) => {
    const given = request(more) as OpenAI.ChatCompletionCreateParamsNonStreaming;
    return client.chat.completions.create(given);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'inference-'));
    const plain = buildTokenizer(ASCII);
    const paths = [
      await writeTinyModel(folder, 1, { tokenizer: hermesTokenizer(), maxLength: 2048 }),
      await writeTinyModel(folder, 2, { tokenizer: plain, maxLength: 2048 }),
    ];
    service = await startWith({ INFERENCE_MODELS: `hermes=${paths[0]},plain=${paths[1]}` });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  function check(calls: readonly { function: { name: string; arguments: string } }[]): void {
    expect(calls.length).toBeGreaterThan(0);
    for (const { function: called } of calls) {
      const values = JSON.parse(called.arguments);
      if (called.name === 'add') expect('0123456789').toContain(String(values.a));
      else expect(['today', 'tomorrow']).toContain(values.day);
    }
  }

  it.each([
    ['hermes', 'required'],
    ['plain', 'required'],
    ['hermes', { type: 'function', function: { name: 'add' } }],
  ])('a call that must come fits its schema: %s, %j', async (model, choice) => {
    const { choices } = await asked({ model, tool_choice: choice, n: 4 });
    for (const { message, finish_reason: reason } of choices) {
      if (reason === 'length') continue;
      expect([reason, message.content]).toEqual(['tool_calls', null]);
      const calls = (message.tool_calls ?? []) as OpenAI.ChatCompletionMessageFunctionToolCall[];
      check(calls);
      if (typeof choice === 'object') expect(calls.map(({ function: { name } }) => name)).toEqual(['add']);
    }
    expect(choices.some(({ finish_reason: reason }) => reason === 'tool_calls')).toBe(true);
  });

  it('a stream has the same calls, with one call where parallel ones are not wanted', async () => {
    const more = { tool_choice: 'required', parallel_tool_calls: false };
    const whole = (await asked(more)).choices[0].message
      .tool_calls?.[0] as OpenAI.ChatCompletionMessageFunctionToolCall;
    const stream = client.chat.completions.stream(
      request(more) as Parameters<typeof client.chat.completions.stream>[0],
    );
    const pieces: string[] = [];
    stream.on('tool_calls.function.arguments.delta', ({ arguments_delta: piece }) => pieces.push(piece));
    const { message, finish_reason: reason } = (await stream.finalChatCompletion()).choices[0];
    // The first chunk of a call has its name, and perhaps no arguments.
    expect(pieces.filter((piece) => piece !== '').length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(whole.function.arguments);
    expect(reason).toBe('tool_calls');
    expect(message.tool_calls).toMatchObject([{ type: 'function', function: whole.function }]);
  });

  it('calls and their results come back in the next request', async () => {
    const { choices } = await asked({ tool_choice: 'required', parallel_tool_calls: false });
    const { message } = choices[0];
    // The clients' helpers add what they parsed.
    const calls = message.tool_calls!.map((call, index) => ({
      ...call,
      index,
      function: { ...(call as OpenAI.ChatCompletionMessageFunctionToolCall).function, parsed_arguments: {} },
    }));
    const messages = [
      user,
      { ...message, parsed: null, tool_calls: calls },
      { role: 'tool', tool_call_id: message.tool_calls?.[0].id, content: 'rain' },
    ];
    const next = await asked({ messages, max_tokens: 4 });
    expect(next.usage?.prompt_tokens).toBeGreaterThan(
      (await asked({ max_tokens: 4 })).usage?.prompt_tokens ?? 0,
    );
  });

  it('tools that must not be called are not shown, and any template takes them', async () => {
    const none = await asked({ model: 'plain', tool_choice: 'none', max_tokens: 8 });
    const without = await asked({ model: 'plain', tools: undefined, max_tokens: 8 });
    expect(none.choices[0].message).toEqual(without.choices[0].message);
    expect(none.usage).toEqual(without.usage);
  });

  it.each<[string, object, string, RegExp]>([
    ['a template without tools', { model: 'plain' }, 'tools', /does not render the descriptions of tools/],
    [
      'an unknown function',
      { tool_choice: { type: 'function', function: { name: 'x' } } },
      'tool_choice',
      /no function "x"/,
    ],
    ['no function', { tools: [], tool_choice: 'required' }, 'tool_choice', /needs tools/],
    [
      'the same name twice',
      { tools: [TOOLS[0], TOOLS[0]] },
      'tools',
      /two functions have the name "weather"/,
    ],
    [
      'two structures',
      { tool_choice: 'required', guided_regex: 'a' },
      'tool_choice',
      /both give the answer a structure/,
    ],
    [
      'a schema that is not supported',
      {
        tools: [{ type: 'function', function: { name: 'f', parameters: { not: {} } } }],
        tool_choice: 'required',
      },
      'tools',
      /the function "f": the JSON schema has "not"/,
    ],
    [
      'arguments that are no JSON',
      {
        messages: [
          user,
          {
            role: 'assistant',
            tool_calls: [{ id: 'a', type: 'function', function: { name: 'add', arguments: '{' } }],
          },
        ],
      },
      'messages.1.tool_calls.0.function.arguments',
      /expected the text of a JSON object/,
    ],
  ])('gets an error that names the field: %s', async (_, more, param, message) => {
    await expect(asked(more)).rejects.toMatchObject({
      status: 400,
      param,
      message: expect.stringMatching(message),
    });
  });
});
