import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildTokenizer, type ChatTemplate, chatTemplate, loadTokenizer } from '@open-chatgpt/tokenizer';
import type { DatasetKind } from '../adapters/adapter';
import { fromRecord, toRecord } from '../ingested/records';
import { assistant, user } from '../testing/messages';
import { isDropped } from '../tokenize/dropped';
import { tokenizePrompt } from '../tokenize/prompt';
import { tokenizeSupervised } from '../tokenize/supervised';
import { readDataset } from './read-dataset';

const folder = mkdtempSync(join(tmpdir(), 'tools-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function read(row: object, kind: DatasetKind = 'supervised') {
  const path = join(folder, 'rows.jsonl');
  const good = { messages: [user('q'), assistant('a')] };
  writeFileSync(path, `${JSON.stringify(row)}\n${JSON.stringify(good)}\n`);
  const { examples, dropped } = await readDataset(path, {
    kind,
    adapter: 'conversations' in row ? 'sharegpt' : 'messages',
  });
  return Object.keys(dropped).find((reason) => reason !== 'missing:conversations') ?? examples[0];
}

const call = (name: string, given: unknown) => ({
  id: 'c1',
  type: 'function',
  function: { name, arguments: given },
});
const calling = (...toolCalls: object[]) => ({ role: 'assistant', content: null, tool_calls: toolCalls });
const result = { role: 'tool', tool_call_id: 'c1', name: 'f', content: 'r' };
const schema = { name: 'f', description: 'd', parameters: { type: 'object', properties: {} } };
const tool = { type: 'function', function: schema };

const called = { role: 'assistant', content: '', toolCalls: [call('f', { x: 1 })] };
const whole = {
  messages: [user('q'), called, { role: 'tool', content: 'r', toolCallId: 'c1', name: 'f' }, assistant('a')],
};
const tooled = { messages: [{ ...user('q'), tools: [tool] }, ...whole.messages.slice(1)] };

describe('calls of functions are read', () => {
  it.each<[string, object, unknown]>([
    [
      'arguments as JSON text (OpenAI)',
      { messages: [user('q'), calling(call('f', '{"x": 1}')), result, assistant('a')] },
      whole,
    ],
    [
      'arguments as an object (TRL)',
      { messages: [user('q'), calling(call('f', { x: 1 })), result, assistant('a')] },
      whole,
    ],
    [
      'with tools',
      { messages: [user('q'), calling(call('f', { x: 1 })), result, assistant('a')], tools: [tool] },
      tooled,
    ],
    [
      'with tools as JSON text',
      {
        messages: [user('q'), calling(call('f', '{"x":1}')), result, assistant('a')],
        tools: JSON.stringify([tool]),
      },
      tooled,
    ],
    [
      'with tools that are bare schemas',
      { messages: [user('q'), calling(call('f', { x: 1 })), result, assistant('a')], tools: [schema] },
      tooled,
    ],
    [
      'no arguments',
      { messages: [user('q'), calling(call('f', ''))] },
      { messages: [user('q'), { ...called, toolCalls: [call('f', {})] }] },
    ],
    [
      'text beside the call',
      { messages: [user('q'), { ...calling(call('f', {})), content: 'I look.' }] },
      { messages: [user('q'), { ...called, content: 'I look.', toolCalls: [call('f', {})] }] },
    ],
    [
      "OpenAI's older files",
      {
        messages: [
          user('q'),
          { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"x":1}' } },
          { role: 'function', name: 'f', content: 'r' },
          assistant('a'),
        ],
        functions: [schema],
      },
      {
        messages: [
          { ...user('q'), tools: [tool] },
          { ...called, toolCalls: [{ type: 'function', function: { name: 'f', arguments: { x: 1 } } }] },
          { role: 'tool', content: 'r', name: 'f' },
          assistant('a'),
        ],
      },
    ],
    [
      'ShareGPT',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'function_call', value: '{"name": "f", "arguments": {"x": 1}}' },
          { from: 'observation', value: 'r' },
          { from: 'gpt', value: 'a' },
        ],
        tools: JSON.stringify([schema]),
      },
      {
        messages: [
          { ...user('q'), tools: [tool] },
          { ...called, toolCalls: [{ type: 'function', function: { name: 'f', arguments: { x: 1 } } }] },
          { role: 'tool', content: 'r' },
          assistant('a'),
        ],
      },
    ],
    [
      'two results stay two turns',
      { messages: [user('q'), calling(call('f', {}), call('f', {})), result, result, assistant('a')] },
      {
        messages: [
          user('q'),
          { ...called, toolCalls: [call('f', {}), call('f', {})] },
          whole.messages[2],
          whole.messages[2],
          assistant('a'),
        ],
      },
    ],
  ])('%s', async (_, row, want) => {
    expect(await read(row)).toEqual(want);
  });

  it.each<[string, object]>([
    ['wrongType:tool_calls', { messages: [user('q'), { role: 'assistant', tool_calls: 'f()' }] }],
    ['wrongType:tool_calls', { messages: [user('q'), calling({ function: { arguments: {} } })] }],
    ['brokenJson:arguments', { messages: [user('q'), calling(call('f', '{"x": '))] }],
    ['wrongType:arguments', { messages: [user('q'), calling(call('f', [1]))] }],
    ['unused:tool_calls', { messages: [{ ...user('q'), tool_calls: [call('f', {})] }, assistant('a')] }],
    [
      'twoFunctionCalls',
      { messages: [user('q'), { ...calling(call('f', {})), function_call: { name: 'f' } }] },
    ],
    ['missing:content', { messages: [user('q'), { role: 'assistant', content: null }, assistant('a')] }],
    ['wrongType:tools', { messages: [user('q'), assistant('a')], tools: [{ type: 'search' }] }],
    ['brokenJson:tools', { messages: [user('q'), assistant('a')], tools: 'f(x)' }],
    ['invalidUnicode', { messages: [user('q'), calling(call('f', { x: '\ud83d' }))] }],
    [
      'brokenJson:function_call',
      {
        conversations: [
          { from: 'human', value: 'q' },
          { from: 'function_call', value: 'f(1)' },
        ],
      },
    ],
  ])('%s costs the row: %j', async (reason, row) => {
    if ('conversations' in row) await expect(read(row)).rejects.toThrow(reason);
    else expect(await read(row)).toBe(reason);
  });

  it('a prompt keeps the tools', async () => {
    const row = {
      messages: [user('q'), calling(call('f', { x: 1 })), result, assistant('a')],
      tools: [tool],
    };
    expect(await read(row, 'prompts')).toEqual({ messages: tooled.messages.slice(0, -1) });
  });

  it('records keep them', () => {
    const origin = { dataset: 'd', row: 1, language: 'en' };
    for (const messages of [tooled.messages, tooled.messages.slice(0, 2)]) {
      const record = JSON.parse(JSON.stringify(toRecord({ messages } as never, origin)));
      expect(fromRecord(record, 'supervised', 'here')).toEqual({ messages, ...origin });
    }
  });
});

describe('a template', () => {
  const jinja =
    '{% if tools %}{{ tools | tojson }}{% endif %}{% for m in messages %}[{{ m.role }}]{% if m.tool_calls %}' +
    '{% for c in m.tool_calls %}{{ c.function.name }}({{ c.function.arguments | tojson }}){% endfor %}' +
    '{% else %}{{ m.content }}{% endif %}</s>{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}';
  const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));

  it('that renders tools learns the calls, another one leaves the row out', async () => {
    const tokenizer = await loadTokenizer(buildTokenizer(characters));
    const taking = chatTemplate('model', { ...tokenizer, chatTemplate: jinja });
    const learned = async (template: ChatTemplate) => {
      const item = await tokenizeSupervised(tooled as never, tokenizer, template, { maxLength: 1000 });
      if (isDropped(item)) return item;
      return tokenizer.decode([...item.labels].filter((label) => label >= 0));
    };
    expect(await learned(taking)).toBe('f({"x": 1})</s>a</s>');
    expect(await learned(chatTemplate('chatml', tokenizer))).toEqual({
      dropped: 'templateWithoutTools',
      detail: expect.stringMatching(/chat template chatml: it does not render the descriptions of tools/),
    });
    const prompt = { messages: tooled.messages.slice(0, 1) } as never;
    expect(
      await tokenizePrompt(prompt, tokenizer, chatTemplate('vicuna', tokenizer), { maxLength: 99 }),
    ).toMatchObject({
      dropped: 'templateWithoutTools',
    });
  });
});
