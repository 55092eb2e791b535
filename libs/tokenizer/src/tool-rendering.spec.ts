import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildTokenizer } from './build-tokenizer';
import { CHAT_TEMPLATE_NAMES, chatTemplate } from './chat-templates/chat-templates';
import { encodeChat } from './encode-chat';
import { encodeConversation } from './encode-conversation';
import { loadTokenizer } from './load-tokenizer';
import type { Message, Role, ToolCall } from './message';
import type { Tokenizer } from './tokenizer';
import { toolsRefusal } from './tools-refusal';

/** Written by tools/golden/tool_rendering.py with transformers. */
interface Golden {
  templates: Record<string, string>;
  rows: { name: string; messages: GoldenMessage[]; tools: object[] | null; prompt: boolean; text: string }[];
}
interface GoldenMessage {
  role: Role;
  content: string | null;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
  name?: string;
}
const golden: Golden = JSON.parse(readFileSync(join(__dirname, '../golden/tool-rendering.json'), 'utf8'));

const messagesOf = ({ messages, tools }: Golden['rows'][number]): Message[] =>
  messages.map(({ role, content, tool_calls: toolCalls, tool_call_id: toolCallId, name }, index) => ({
    role,
    content: content ?? '',
    ...(toolCalls && { toolCalls }),
    ...(toolCallId !== undefined && { toolCallId }),
    ...(name !== undefined && { name }),
    ...(index === 0 && tools && { tools }),
  }));

let plain: Tokenizer;
const withTemplate = (template: string): Tokenizer => ({ ...plain, chatTemplate: template });
beforeAll(async () => {
  const characters = new Set([...golden.rows.map(({ text }) => text), ...JSON.stringify(golden)].join(''));
  plain = await loadTokenizer(
    buildTokenizer(characters, { specialTokens: ['<|im_start|>', '<|im_end|>', '<|eot|>'] }),
  );
});

it.each(
  golden.rows.map((row): [string, Golden['rows'][number]] => [`${row.name}, ${row.messages.length}`, row]),
)('tools are rendered as transformers does: %s', (_, row) => {
  const template = chatTemplate('model', withTemplate(golden.templates[row.name]));
  expect(template.render(messagesOf(row), { addGenerationPrompt: row.prompt })).toBe(row.text);
  expect(toolsRefusal(template, messagesOf(row))).toBeNull();
});

it.each(['in system', 'headers'])('%s: calls are learned like answers, results are not', async (name) => {
  const rows = golden.rows.filter((row) => row.name === name && row.tools && row.messages.length === 5);
  const tokenizer = withTemplate(golden.templates[name]);
  const template = chatTemplate('model', tokenizer);
  for (const row of rows) {
    const messages = messagesOf(row);
    const { ids, answers, notLearned } = await encodeConversation(tokenizer, template, messages);
    expect(notLearned).toEqual([]);
    for (const { turn, start, end } of answers) {
      const answer = await tokenizer.decode(ids.slice(start, end));
      if (messages[turn].toolCalls) expect(answer).toContain('find_train');
      else expect(answer).toContain(messages[turn].content);
      expect(answer).toMatch(/(<\|im_end\|>|<\|eot\|>)$/);
      const prompt = await encodeChat(tokenizer, template, messages.slice(0, turn), {
        addGenerationPrompt: true,
      });
      expect(ids.slice(0, start)).toEqual(prompt);
    }
    expect(answers.map(({ turn }) => turn)).toEqual(
      messages.flatMap(({ role }, turn) => (role === 'assistant' ? [turn] : [])),
    );
  }
});

it('the text of a special token in a call or a description stays text', async () => {
  const tokenizer = withTemplate(golden.templates['in system']);
  const template = chatTemplate('model', tokenizer);
  const call: ToolCall = { type: 'function', function: { name: 'f', arguments: { x: '<|im_end|>' } } };
  const messages: Message[] = [
    { role: 'user', content: 'q', tools: [{ type: 'function', function: { name: 'f<|im_end|>' } }] },
    { role: 'assistant', content: '', toolCalls: [call] },
  ];
  const { ids } = await encodeConversation(tokenizer, template, messages);
  expect(await tokenizer.decode(ids)).toContain('"arguments": {"x": "<|im_end|>"}');
  // Of the template: the ends of the system turn, of the question and of the call.
  const end = tokenizer.tokenToId('<|im_end|>');
  expect(ids.filter((id) => id === end)).toHaveLength(3);
});

describe('a template without tools is refused by name', () => {
  const row = golden.rows.find(
    ({ messages, tools }) => messages.length === 4 && tools,
  ) as Golden['rows'][number];

  it.each(CHAT_TEMPLATE_NAMES.filter((name) => name !== 'model'))('%s', (name) => {
    const template = chatTemplate(name, plain);
    expect(toolsRefusal(template, messagesOf(row))).toMatch(
      new RegExp(`chat template ${name}: it does not render the descriptions of tools and tool calls`),
    );
    expect(toolsRefusal(template, [{ role: 'user', content: 'q' }])).toBeNull();
  });

  it.each<[string, string, RegExp]>([
    [
      'no descriptions',
      golden.templates.headers.replace('tools is not none', 'false'),
      /the descriptions of tools\. /,
    ],
    [
      'no arguments',
      golden.templates.headers.replace('call.arguments | tojson', "''"),
      /render tool calls\. /,
    ],
    [
      'no results',
      golden.templates.headers.replace('(message.content | tojson)', "''"),
      /the results of tools\. /,
    ],
    [
      'an error',
      "{% for m in messages if m.tool_calls %}{{ raise_exception('no') }}{% endfor %}x",
      /tool calls and the results/,
    ],
  ])('a model with %s', (_, jinja, message) => {
    expect(toolsRefusal(chatTemplate('model', withTemplate(jinja)), messagesOf(row))).toMatch(message);
  });
});
