import { type AnswerParts, ToolCallReader } from './tool-call-reader';

const NAMES = new Set(['add', 'find']);

/** The parts of an answer that arrives in pieces of `size` characters. */
function read(answer: string, size: number): { text: string; calls: string[] } {
  const reader = new ToolCallReader(NAMES);
  const parts: AnswerParts[] = [];
  for (let i = 0; i < answer.length; i += size) parts.push(reader.push(answer.slice(i, i + size)));
  parts.push(reader.end());
  const calls = parts.flatMap((part) => part.calls);
  return {
    text: parts.map(({ text }) => text).join(''),
    calls: calls.map(({ function: { name, arguments: given } }) => `${name} ${given}`),
  };
}

const ADD = '{"name": "add", "arguments": {"a": 1, "b": "</x>"}}';
const CALLED = 'add {"a":1,"b":"</x>"}';

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
