import { type AnswerPart, wholeAnswer } from './answer-parts';
import { ToolCallReader } from './tool-call-reader';

const NAMES = new Set(['add', 'find']);

/** The parts of an answer that arrives in pieces of `size` characters. */
function partsOf(answer: string, size: number): AnswerPart[] {
  const reader = new ToolCallReader(NAMES);
  const parts: AnswerPart[] = [];
  for (let i = 0; i < answer.length; i += size) parts.push(...reader.push(answer.slice(i, i + size)));
  return [...parts, ...reader.end()];
}

function read(answer: string, size: number): { text: string; calls: string[] } {
  const { text, calls } = wholeAnswer(partsOf(answer, size));
  return {
    text,
    calls: calls.map(({ function: { name, arguments: given } }) => `${name} ${given}`),
  };
}

const ADD = '{"name": "add", "arguments": {"a": {"b": 1}, "c": "\\"}</tool_call>"}}';
const CALLED = 'add {"a": {"b": 1}, "c": "\\"}</tool_call>"}';

it.each<[string, string, string, string[]]>([
  ['text', 'no call <tool> here <', 'no call <tool> here <', []],
  [
    "Hermes' calls after text",
    `I add.\n<tool_call>\n${ADD}\n</tool_call>\n<tool_call>${ADD}</tool_call>\n`,
    'I add.\n',
    [CALLED, CALLED],
  ],
  ['a call without its end', `<tool_call>\n${ADD}`, '', [CALLED]],
  ["Llama's call", ' {"name": "find", "parameters": {}}', '', ['find {}']],
  ["Mistral's list of calls", `[${ADD}, {"name": "find", "arguments": {}}]`, '', [CALLED, 'find {}']],
  [
    "Mistral's list of calls after its marker, and a second one",
    ` [TOOL_CALLS] [${ADD}, {"name": "find", "arguments": {}}] [TOOL_CALLS][${ADD}]`,
    '',
    [CALLED, 'find {}', CALLED],
  ],
  ["Mistral's calls after text", `I add.[TOOL_CALLS][${ADD}]`, 'I add.', [CALLED]],
  ["Mistral's marker without a call", '[TOOL_CALLS] [1] [TOOL', '[TOOL_CALLS] [1] [TOOL', []],
  [
    'a call in another order',
    '<tool_call>{"arguments": {"a": 1}, "name": "add"}</tool_call>',
    '',
    ['add {"a":1}'],
  ],
  ['a call without arguments', '{"name": "find"}', '', ['find {}']],
  ['a call that is cut', '<tool_call>{"name": "add", "arguments": {"a": "x', '', ['add {"a": "x']],
  ['arguments that are no JSON', '{"name": "add", "arguments": {"a": }, "id": "}"}\n', '', ['add {"a": }']],
  ['text after calls', `<tool_call>${ADD}</tool_call>\n so <tool_call>${ADD}`, '\n so ', [CALLED, CALLED]],
  ['text after a call that is JSON', `${ADD} so`, ' so', [CALLED]],
  [
    'a list whose rest is no call',
    `[${ADD}, {"name": "rm", "arguments": {}}]`,
    ', {"name": "rm", "arguments": {}}]',
    [CALLED],
  ],
  ['a cut before the arguments', '[{"name": "add", "argu', '[{"name": "add", "argu', []],
  ['JSON that is no call', '{"name": "Ann"}', '{"name": "Ann"}', []],
  ['a list of something else', '[1, 2]', '[1, 2]', []],
  [
    'a call of no given function',
    `<tool_call>{"name": "rm"}</tool_call>.`,
    '<tool_call>{"name": "rm"}</tool_call>.',
    [],
  ],
  ['a call that is no JSON', '<tool_call>{"name": </tool_call>', '<tool_call>{"name": </tool_call>', []],
])('%s: text and calls, in pieces of any length', (_, answer, text, calls) => {
  for (const size of [1, 3, 7, 1000]) expect(read(answer, size)).toEqual({ text, calls });
});

it('passes arguments on while they arrive, once the name is known', () => {
  const reader = new ToolCallReader(NAMES);
  expect(reader.push('<tool_call>{"name": "add", "arguments": ')).toEqual([]);
  const begun = reader.push('{"a": "o');
  expect(begun).toEqual([
    { kind: 'call', id: expect.stringMatching(/^[0-9a-f]{9}$/), name: 'add' },
    { kind: 'arguments', text: '{"a": "o' },
  ]);
  expect(reader.push('ne')).toEqual([{ kind: 'arguments', text: 'ne' }]);
  expect(reader.push('"}}</tool')).toEqual([{ kind: 'arguments', text: '"}' }, { kind: 'callEnd' }]);
  expect([...reader.push('_call>\n'), ...reader.end()]).toEqual([]);
});

it.each([
  '{"city": "Paris", "names": ["a", "b", "c"]}',
  '{"name": "Ann", "arguments": {"a": 1, "b": 2}}',
  '<tool_call>{"city": "Paris", "population": 2}',
  '{"Name of a city": "Paris", "arguments": 7}',
])('JSON that can be no call is not held until its end: %s', (answer) => {
  const parts = partsOf(answer, 1);
  expect(wholeAnswer(parts)).toEqual({ reasoning: '', text: answer, calls: [] });
  expect(parts.length).toBeGreaterThan(answer.length / 2);
});
