import type { Role } from '@open-chatgpt/tokenizer';

const NAMES: Record<Role, readonly string[]> = {
  system: ['system', 'developer'],
  user: ['user', 'human', 'prompter', 'question', 'customer'],
  assistant: [
    'assistant',
    'gpt',
    'chatgpt',
    'bot',
    'chatbot',
    'ai',
    'model',
    'llm',
    'answer',
    'function_call',
    'tool_call',
  ],
  tool: ['tool', 'function', 'observation', 'ipython', 'tool_response', 'function_response'],
};
/** Products and models that dumps name as the answering side; a version may follow, as in "gpt-4" or "Claude 3". */
const ANSWERING = /^(?:gpt|chatgpt|claude|bard|bing|gemini|palm|llama|vicuna|alpaca|mistral|qwen)(?![a-z])/;

const ROLES = new Map(
  Object.entries(NAMES).flatMap(([role, names]) => names.map((name) => [name, role as Role] as const)),
);

/** The role that a dataset calls by this name, in any case; undefined when the name is not known. */
export function roleOf(name: string): Role | undefined {
  const key = name.trim().toLowerCase();
  return ROLES.get(key) ?? (ANSWERING.test(key) ? 'assistant' : undefined);
}
