import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeTinyModel } from '@open-chatgpt/models/testing';
import { buildTokenizer } from '@open-chatgpt/tokenizer';
import OpenAI from 'openai';
import type { RunningInference } from '../start-inference';
import { startWith } from '../testing/inference';
import { inputItems, messagesOfItems } from './input-items';
import { OutputItems } from './output-items';

const ASCII = ['\n', ...Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i))];
const HERMES =
  "{% for tool in tools or [] %}{{ '<|system|>' + (tool | tojson) }}{% endfor %}" +
  "{% for m in messages %}{{ '<|' + m.role + '|>' + (m.content or '') }}" +
  "{% for c in m.tool_calls or [] %}{{ '<tool_call>\\n' + (c.function | tojson) + '\\n</tool_call>' }}{% endfor %}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";

const TOOLS: OpenAI.Responses.FunctionTool[] = ['weather', 'news'].map((name) => ({
  type: 'function',
  name,
  parameters: {
    type: 'object',
    properties: { day: { enum: ['today', 'tomorrow'] } },
    required: ['day'],
  },
  strict: false,
}));

describe('functions of /v1/responses', () => {
  let folder: string;
  let service: RunningInference;
  let client: OpenAI;
  const once = {
    model: 'hermes',
    input: 'hi',
    temperature: 0,
    max_output_tokens: 200,
    tools: TOOLS,
    tool_choice: 'required' as const,
    parallel_tool_calls: false,
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'responses-'));
    const plain = buildTokenizer(ASCII);
    const tokenizer = { ...plain, tokenizerConfig: { ...plain.tokenizerConfig, chat_template: HERMES } };
    const path = await writeTinyModel(folder, 1, { tokenizer, maxLength: 2048 });
    service = await startWith({ INFERENCE_MODELS: `hermes=${path}` });
    await service.loaded();
    client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true });
  });

  const callOf = ({ output }: OpenAI.Responses.Response) =>
    output[0] as OpenAI.Responses.ResponseFunctionToolCallItem;

  it('a call that must come is an item, whole and streamed', async () => {
    const whole = await client.responses.create(once);
    expect([whole.status, whole.output.length, whole.output_text]).toEqual(['completed', 1, '']);
    const { type, name, arguments: given } = callOf(whole);
    expect(type).toBe('function_call');
    expect(['today', 'tomorrow']).toContain(JSON.parse(given).day);
    expect(whole.tool_choice).toBe('required');
    const stream = client.responses.stream(once);
    const pieces: string[] = [];
    stream.on('response.function_call_arguments.delta', ({ delta }) => pieces.push(delta));
    const streamed = await stream.finalResponse();
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(given);
    expect(streamed.output).toMatchObject([{ type: 'function_call', name, arguments: given }]);
    const chosen = { ...once, tool_choice: { type: 'function' as const, name: 'news' } };
    expect(callOf(await client.responses.create(chosen)).name).toBe('news');
  });

  it('calls and their results go on, by items and by previous_response_id', async () => {
    const first = await client.responses.create(once);
    const call = callOf(first);
    const result = { type: 'function_call_output' as const, call_id: call.call_id, output: 'dry' };
    const then = { ...once, tool_choice: 'auto' as const, max_output_tokens: 4 };
    const items = await client.responses.create({
      ...then,
      input: [{ role: 'user', content: 'hi' }, call, result],
    });
    const kept = await client.responses.create({ ...then, input: [result], previous_response_id: first.id });
    expect(kept.usage?.input_tokens).toBe(items.usage?.input_tokens);
    expect(kept.output_text).toBe(items.output_text);
    const without = await client.responses.create({ ...then, previous_response_id: undefined });
    expect(items.usage?.input_tokens).toBeGreaterThan(
      (without.usage?.input_tokens ?? 0) + call.arguments.length,
    );
  });
});

describe('OutputItems', () => {
  it('has thoughts, a message and calls in separate items', () => {
    const items = new OutputItems();
    const call = { id: 'a', type: 'function' as const, function: { name: 'f', arguments: '{}' } };
    const events = [
      ...items.push([
        { kind: 'reasoning', text: 'why' },
        { kind: 'text', text: '\n' },
      ]),
      ...items.push([
        { kind: 'text', text: 'so' },
        { kind: 'call', id: 'a', name: 'f' },
      ]),
      ...items.push([{ kind: 'arguments', text: '{' }]),
      ...items.push([{ kind: 'arguments', text: '}' }, { kind: 'callEnd' }]),
      ...items.push([{ kind: 'text', text: '\n' }]),
      ...items.end('completed'),
    ] as { type: string; output_index: number }[];
    expect(items.complete).toMatchObject([
      { type: 'reasoning', content: [{ text: 'why' }] },
      { type: 'message', status: 'completed', content: [{ text: '\nso' }] },
      { type: 'function_call', call_id: 'a', name: 'f', arguments: '{}' },
    ]);
    // They can be sent back.
    expect(messagesOfItems(inputItems.parse(items.complete))).toEqual([
      { role: 'assistant', content: '\nso', reasoning_content: 'why', tool_calls: [call] },
    ]);
    const added = events.filter(({ type }) => type === 'response.output_item.added');
    expect(added.map(({ output_index: index }) => index)).toEqual([0, 1, 2]);
  });

  it('a call that is cut is incomplete, with the arguments that arrived', () => {
    const items = new OutputItems();
    items.push([
      { kind: 'call', id: 'a', name: 'f' },
      { kind: 'arguments', text: '{"a' },
    ]);
    const events = items.end('completed');
    expect(events).toMatchObject([
      { type: 'response.function_call_arguments.done', name: 'f', arguments: '{"a' },
      { type: 'response.output_item.done', item: { status: 'incomplete', arguments: '{"a' } },
    ]);
  });
});
